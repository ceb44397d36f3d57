// Lays out one graph per message, off the thread that draws.
import { type LayoutInput, layOut } from "./graph-layout.js";

self.onmessage = ({ data }: MessageEvent<LayoutInput>): void => {
  self.postMessage(layOut(data));
};
