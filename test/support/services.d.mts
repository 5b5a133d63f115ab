export declare const chromium: string | undefined;
export declare const isThere: Readonly<Record<'REDIS_URL' | 'DATABASE_URL' | 'MARIADB_URL', boolean>>;
