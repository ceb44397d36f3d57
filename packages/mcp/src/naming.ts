/** What the agent of one connection is called: as its client calls itself, and otherwise where another connection has that name. */
export interface Naming extends Disposable {
  /** Asked before each call: a node that was started again lends the names anew. */
  as(name: string): Promise<string>;
}
