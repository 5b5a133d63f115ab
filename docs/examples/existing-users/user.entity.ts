import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A row of the table that is there already. Nothing is added to it. */
@Entity('users')
export class User {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ type: 'text', unique: true })
  email!: string;

  @Column({ type: 'text' })
  passwordHash!: string;

  @Column({ type: 'boolean', default: false })
  isAdmin!: boolean;
}
