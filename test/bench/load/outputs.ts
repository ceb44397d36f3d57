/**
 * What tools print when something fails, in text as an agent sees it. A problem is a tool with the words that it names; each time it
 * is met, the times, numbers, places and addresses around them are others.
 */
import { word } from "./signals.ts";

type Random = () => number;

/** Where, when and with which numbers this time. */
interface Noise {
  number(below: number): number;
  readonly dir: string;
  readonly clock: string;
  readonly port: number;
}

const noiseOf = (random: Random): Noise => {
  const number = (below: number): number => Math.floor(random() * below);
  const two = (below: number): string => String(number(below)).padStart(2, "0");
  return {
    number,
    dir: `/srv/build-${number(10_000)}/${["app", "work", "checkout"][number(3)]}`,
    clock: `2026-0${1 + number(9)}-${two(28)} ${two(24)}:${two(60)}:${two(60)}`,
    port: 1024 + number(60_000),
  };
};

/** `a`, `b` and `c` are what the problem is about. */
type Tool = (a: string, b: string, c: string, noise: Noise) => string;

const TOOLS: readonly Tool[] = [
  (a, b, c, { dir, number, clock }) =>
    `[${clock}] worker ${number(9)} started
Traceback (most recent call last):
  File "${dir}/${a}/main.py", line ${number(400)}, in <module>
    main()
  File "${dir}/${a}/load.py", line ${number(400)}, in load_${b}
    return parse(row)
ValueError: the ${b} column of ${a} has no unit for ${c}`,
  (a, b, c, { dir, number }) =>
    `${dir}/src/${a}.ts:${number(300)}:${number(80)} - error TS2339: Property '${b}' does not exist on type '${c}'.

Found ${1 + number(3)} errors in ${1 + number(9)} files.`,
  (a, b, c, { number, clock }) =>
    `${clock} ERROR [http-nio-${number(9000)}-exec-${number(20)}] request failed
java.lang.IllegalStateException: the ${a} of ${b} was closed while ${c} still reads it
\tat com.example.${a}.Reader.next(Reader.java:${number(500)})
\tat com.example.${a}.Loop.run(Loop.java:${number(500)})
\tat java.base/java.lang.Thread.run(Thread.java:${number(2000)})`,
  (a, b, c, { dir, number }) =>
    `panic: ${a}: cannot take the lock of ${b} twice in ${c}

goroutine ${number(90)} [running]:
main.(*Store).Lock(0xc000${number(99_999)})
\t${dir}/store.go:${number(400)} +0x${number(999)}
main.main()
\t${dir}/main.go:${number(90)} +0x1d
exit status 2`,
  (a, b, c, { dir, number }) =>
    `   Compiling ${a} v0.${number(20)}.${number(20)} (${dir})
error[E0432]: unresolved import \`${a}::${b}::${c}\`
 --> src/main.rs:${number(90)}:5
  |
${number(90)} | use ${a}::${b}::${c};
  |     ^^^^^^^^ no \`${c}\` in \`${b}\`

error: could not compile \`${a}\` (bin "${a}") due to 1 previous error`,
  (a, b, c, { dir, number, port }) =>
    `listening on ${port}
${dir}/node_modules/${a}/index.js:${number(300)}
    throw new Error("unknown");
    ^

TypeError: the ${b} handler of ${a} gave no ${c}
    at dispatch (${dir}/node_modules/${a}/index.js:${number(300)}:${number(40)})
    at ${dir}/src/server.js:${number(200)}:${number(40)}
    at process.processTicksAndRejections (node:internal/process/task_queues:${number(200)}:5)

Node.js v24.${number(9)}.0`,
  (a, b, c, { dir, number }) =>
    `make[${number(4)}]: Entering directory '${dir}'
cc -O2 ${a}.o main.o -o ${a}
/usr/bin/ld: ${a}.o: in function \`main':
${dir}/${a}.c:${number(900)}: undefined reference to ${b}_${c}
collect2: error: ld returned 1 exit status
make[1]: *** [Makefile:${number(90)}: ${a}] Error 1`,
  (a, b, c, { number, clock }) =>
    `${clock} UTC [${number(30_000)}] LOG:  connection received: host=10.0.${number(255)}.${number(255)} port=${number(60_000)}
${clock} UTC [${number(30_000)}] ERROR:  relation ${a} has no partition of ${b} for the rows of ${c}`,
];

/** The output of a tool when it meets the nth problem; `random` is what differs each time. */
export const outputOf = (n: number, random: Random): string => {
  const tool = TOOLS[n % TOOLS.length] as Tool;
  return tool(word(n * 3 + 11), word(n * 5 + 2003), word(n * 7 + 4001), noiseOf(random));
};

/** The one remedy of the nth problem. */
export const remedyOf = (n: number): { readonly text: string; readonly data: { readonly problem: number } } => ({
  text: `Set ${word(n * 3 + 11)}.${word(n * 5 + 2003)} before ${word(n * 7 + 4001)} is used.`,
  data: { problem: n },
});
