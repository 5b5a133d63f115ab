export declare const chromium: string | undefined;
export declare const redisIsThere: boolean;
