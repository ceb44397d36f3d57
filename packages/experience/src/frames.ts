/**
 * Stack frames: the first one of the program's own. A runtime's or a library's frame says where the error was noticed; the
 * own frame says who caused it. Frames are part of the text for search, and of a problem's identity only where its message
 * says nothing (`NullPointerException`, `assertion failed`), because functions are renamed more often than errors.
 */
const LIBRARY =
  /node:|node_modules|^internal\/|\(native\)|^<anonymous>|site-packages|dist-packages|\/lib\/python|\/rustc\/|\/usr\/local\/go\/|^native$/;
const LIBRARY_PACKAGE =
  /^(?:java|javax|jdk|sun|com\.sun|kotlin|kotlinx|scala|groovy|org\.(?:junit|testng|mockito|hamcrest|assertj|apache|codehaus|gradle|springframework|eclipse|hibernate|slf4j)|junit|reactor|io\.netty|std|core|alloc|runtime|testing)[.:]/;

/** Symbol of the first own frame, without line numbers; `undefined` when there is none. */
export const ownFrame = (lines: readonly string[]): string | undefined => {
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    if (line.length > 400) continue;
    const node = /^\s{1,20}at (?:async |new ){0,2}([^\s()/\\:]{1,120}(?: \[as [^\]]{1,80}\])?) \(([^)]{1,300})\)$/.exec(
      line,
    );
    if (node !== null) {
      const [, symbol, place] = node as unknown as readonly [string, string, string];
      const isJava = /\.(?:java|kt|scala|groovy)(?::|$)|^(?:Native Method|Unknown Source)$/.test(place);
      if (isJava ? LIBRARY_PACKAGE.test(symbol) : LIBRARY.test(place)) continue;
      if (symbol.includes("<anonymous>")) continue;
      return symbol;
    }
    const java = /^\s{1,20}at (?:[\w.]{1,80}\/)?([\w.$<>]{1,200})\([^)]{0,100}\)$/.exec(line);
    if (java !== null && !LIBRARY_PACKAGE.test(java[1] as string)) return java[1];
    const python = /^\s{1,8}File "([^"]{1,300})", line \d{1,7}, in ([\w<>.]{1,100})$/.exec(line);
    if (python !== null) {
      // Python prints the innermost frame last.
      let last: string | undefined;
      for (let j = i; j < lines.length; j++) {
        const frame = /^\s{1,8}File "([^"]{1,300})", line \d{1,7}, in ([\w<>.]{1,100})$/.exec(lines[j] as string);
        if (frame !== null && !LIBRARY.test(frame[1] as string)) last = frame[2];
      }
      return last === "<module>" ? undefined : last;
    }
    const go = /^(main\.[\w.()*]{1,120})\(/.exec(line);
    if (go !== null) return go[1];
  }
  return undefined;
};
