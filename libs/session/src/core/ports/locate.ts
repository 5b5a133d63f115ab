/** Where an address roughly is, in degrees (WGS 84). */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** Finds the place of a client's address, from a database of the host's. `undefined`: not known. What it throws counts as not known. */
export type Locate = (address: string) => Place | undefined | Promise<Place | undefined>;
