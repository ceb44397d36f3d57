// Unpacks the Chromium of `@sparticuz/chromium` into `TMPDIR`, in a process of its own because the package looks at its
// environment once, when it is loaded.
import chromium from "@sparticuz/chromium";

await chromium.executablePath();
