export declare const testPathIgnorePatterns: readonly string[];
