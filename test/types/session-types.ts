declare module 'nestjs-hybrid-session' {
  interface SessionTypes {
    role: 'admin' | 'clerk';
    claims: { plan: 'free' | 'pro'; seats?: number };
    data: { cart: string[]; seenAt: Date };
  }
}
