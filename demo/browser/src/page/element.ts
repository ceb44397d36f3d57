/** Makes elements: attributes and listeners by name, then what is inside. Texts are texts: nothing here reads HTML. */
export type Inside = Node | string | undefined;

export const element = <Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Readonly<Record<string, string | boolean | ((event: Event) => void) | undefined>> = {},
  ...inside: readonly Inside[]
): HTMLElementTagNameMap[Name] => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, "");
    else if (typeof value === "string") made.setAttribute(key, value);
  }
  made.append(...inside.filter((item) => item !== undefined));
  return made;
};
