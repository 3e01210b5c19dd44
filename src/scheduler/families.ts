/** Who is stopped with whom: for each call that has any, the calls below it that live. By id, so that neither has
 * to be in memory as an object. */
export class Families {
  /** One child stands as its id: most families that wait are of two. */
  readonly #children = new Map<number, number | Set<number>>();

  get size(): number {
    return this.#children.size;
  }

  add(aboveId: number, childId: number): void {
    const known = this.#children.get(aboveId);
    if (known === undefined) this.#children.set(aboveId, childId);
    else if (typeof known !== "number") known.add(childId);
    else if (known !== childId) this.#children.set(aboveId, new Set([known, childId]));
  }

  has(aboveId: number, childId: number): boolean {
    const known = this.#children.get(aboveId);
    return typeof known === "number" ? known === childId : (known?.has(childId) ?? false);
  }

  remove(aboveId: number, childId: number): void {
    const known = this.#children.get(aboveId);
    if (known === childId) this.#children.delete(aboveId);
    else if (typeof known === "object" && known.delete(childId) && known.size === 0) {
      this.#children.delete(aboveId);
    }
  }

  /** A copy: what is done to a child may change the family. */
  childrenOf(aboveId: number): number[] {
    const known = this.#children.get(aboveId);
    return known === undefined ? [] : typeof known === "number" ? [known] : [...known];
  }
}
