import type { SessionRecord, SessionStore } from 'nestjs-hybrid-session';

type Edit = (record: SessionRecord) => SessionRecord;

/** Whoever writes the store: changes what `find` hands out, as an edited record would. */
export class EditedStore {
  private edit: Edit | undefined;
  private readonly put = new Map<string, SessionRecord>();

  over(store: SessionStore): SessionStore {
    const find = store.find.bind(store);
    store.find = async (ids) => {
      const records = await find(ids);
      return records.map((found, at) => {
        const record = this.put.get(ids[at] ?? '') ?? found;
        return record && this.edit ? this.edit(record) : record;
      });
    };
    return store;
  }

  /** Works while every record is read so. */
  async during<T>(edit: Edit, work: () => Promise<T>): Promise<T> {
    this.edit = edit;
    try {
      return await work();
    } finally {
      this.edit = undefined;
    }
  }

  /** Works while another record stands under an id. */
  async putting<T>(id: string, record: SessionRecord, work: () => Promise<T>): Promise<T> {
    this.put.set(id, record);
    try {
      return await work();
    } finally {
      this.put.delete(id);
    }
  }
}
