import { useState } from "react";
import { chooseTheme, storedTheme, type Theme } from "../theme.js";
import { Icon, type IconName } from "./icon.js";

const CHOICES: readonly (readonly [Theme, string, IconName])[] = [
  ["system", "As the system", "system"],
  ["light", "Light", "sun"],
  ["dark", "Dark", "moon"],
];

export const ThemeSwitch = () => {
  const [theme, setTheme] = useState(storedTheme);
  return (
    <fieldset className="theme">
      <legend className="visually-hidden">Colours</legend>
      {CHOICES.map(([name, label, icon]) => (
        <label key={name} title={label}>
          <input
            type="radio"
            name="theme"
            value={name}
            checked={theme === name}
            onChange={() => {
              chooseTheme(name);
              setTheme(name);
            }}
          />
          <Icon name={icon} />
          <span className="visually-hidden">{label}</span>
        </label>
      ))}
    </fieldset>
  );
};
