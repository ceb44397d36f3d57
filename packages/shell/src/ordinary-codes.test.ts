import { expect, test } from "vitest";
import { isFailure, isVisit, lastWords } from "./ordinary-codes.js";

test.each([
  ["npm test", 1],
  ["grep x missing", 2],
  ["sudo make install", 2],
  ["FOO=1 make", 2],
  ["env FOO=1 make", 2],
  ["bash script.sh", 1],
  ["bash -c 'make all'", 1],
  ["git push", 1],
  ["systemctl start nginx", 1],
  ["node server.js", 137], // the kernel ran out of memory
  ["./crash", 139],
  ["cat file | make", 2],
  ["nosuchprogram", 127],
  ["", 1],
])("%j with code %i is a failure", (line, code) => {
  expect(isFailure(lastWords(line), code)).toBe(true);
});

test.each([
  ["npm test", 0],
  ["npm test", 130],
  ["npm test", 131],
  ["npm test", 143],
  ["yes", 141],
  ["cat", 148],
  ["grep x file", 1],
  ["/usr/bin/grep x file", 1],
  ["sudo grep x file", 1],
  ["LC_ALL=C grep x file", 1],
  ["time -p diff a b", 1],
  ["test -f x", 1],
  ["[ -f x ]", 1],
  ["make | grep warning", 1],
  ["make && diff a b", 1],
  ["git diff --exit-code", 1],
  ["git --no-pager grep word", 1],
  ["systemctl is-active nginx", 3],
  ["pgrep node", 1],
  ["vim file", 1],
  ["ssh host make", 2],
  ["less file", 1],
  ["bash", 2],
  ["zsh -i", 1],
  ["hm make", 2],
])("%j with code %i is none", (line, code) => {
  expect(isFailure(lastWords(line), code)).toBe(false);
});

test.each([
  ["make -j4", ["make", "-j4"]],
  ["  cd a && make 'two words' \"three more words\"", ["make", "two words", "three more words"]],
  ["a | b || c; d", ["d"]],
  ["make > log 2>&1", ["make", ">", "log", "2>&1"]],
  ["make &> log", ["make", "&>", "log"]],
  ["make;", ["make"]],
  ["sleep 5 &", ["sleep", "5"]],
  ["echo a\\ b 'c|d' \"e;f\"", ["echo", "a b", "c|d", "e;f"]],
  ["one\ntwo", ["two"]],
  ["echo ''", ["echo", ""]],
  ["'open", ["open"]],
  ["", []],
])("the last command of %j", (line, words) => {
  expect(lastWords(line)).toEqual(words);
});

test("a visit is a program in which a person does other things", () => {
  expect([isVisit(["sudo", "vim", "x"]), isVisit(["/usr/bin/less"]), isVisit(["make"])]).toEqual([true, true, false]);
});
