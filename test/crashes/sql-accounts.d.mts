/** The table that these accounts are kept in. */
export declare const PEOPLE: string;
