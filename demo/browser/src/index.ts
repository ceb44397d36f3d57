/**
 * @herdmind/demo-browser: agents in browser tabs. `startDemo` begins a real swarm with a relay in this process, builds the page with
 * Vite and serves it on loopback, with a ticket for each visitor.
 */
export { type Demo, type DemoOptions, startDemo } from "./start-demo.js";
