/** `npm run browser`: runs until it is interrupted. */
import { startDemo } from "./start-demo.js";

const port = Number(process.env.PORT ?? 4173);
const demo = await startDemo({ port });
console.log(`A swarm and its relay run in this process. Open  ${demo.url}  in a browser. Ctrl+C ends both.`);
const end = (): void => void demo.close().then(() => process.exit(0));
process.once("SIGINT", end);
process.once("SIGTERM", end);
