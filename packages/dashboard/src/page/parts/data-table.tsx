/** The numbers of a chart as a table, for everybody who reads better than they look. */
import { type ReactNode, useState } from "react";
import { figure } from "./figures.js";

export interface Column<Row> {
  readonly name: string;
  readonly isNumber?: boolean;
  readonly cell: (row: Row) => ReactNode;
}

interface Props<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
}

/** Rows that are drawn at once, further ones on request: a swarm may have five thousand members. */
const PAGE_ROWS = 200;

export const DataTable = <Row,>({ caption, columns, rows, keyOf }: Props<Row>) => {
  const [pages, setPages] = useState(1);
  const hidden = rows.length - pages * PAGE_ROWS;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard, or its end is not */}
      <section className="table-scroll" tabIndex={0} aria-label={caption}>
        <table>
          <caption className="visually-hidden">{caption}</caption>
          <thead>
            <tr>
              {columns.map(({ name, isNumber }) => (
                <th key={name} scope="col" className={isNumber === true ? "is-number" : undefined}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, pages * PAGE_ROWS).map((row) => (
              <tr key={keyOf(row)}>
                {columns.map(({ name, isNumber, cell }) => (
                  <td key={name} className={isNumber === true ? "is-number" : undefined}>
                    {cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {hidden > 0 ? (
        <button type="button" className="button" onClick={() => setPages(pages + 1)}>
          Show {figure(Math.min(PAGE_ROWS, hidden))} more of {figure(rows.length)}
        </button>
      ) : null}
    </>
  );
};
