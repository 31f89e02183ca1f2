/** Random access to bytes, such as those of a file. */
export interface ByteSource {
  /** Name for messages. */
  readonly path: string;
  readonly size: number;
  /** @throws RewardEditError 'bad-input' if there are fewer bytes. */
  read(position: number, length: number): Promise<Uint8Array>;
}
