/** Bytes that are read from any place, such as those of a file. */
export interface ByteSource {
  /** What messages call it. */
  readonly path: string;
  readonly size: number;
  /** @throws RewardEditError 'bad-input' where there are not as many bytes. */
  read(position: number, length: number): Promise<Uint8Array>;
}
