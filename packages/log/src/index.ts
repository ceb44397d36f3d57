export type * from "./logs.js";
export type * from "./storage.js";
