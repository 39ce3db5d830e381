/** The text of each of `rows`, made when the iteration reaches it, so that a long list is not made at once; empty for one that is not shown. */
export function* textOfEach<Row>(rows: Iterable<Row | undefined>, textOf: (row: Row) => string): Generator<string> {
  for (const row of rows) yield row === undefined ? '' : textOf(row);
}

/** What is shown of each of `rows`, as JSON. */
export function renderEach<Row>(rows: Iterable<Row | undefined>, render: (row: Row) => unknown): Generator<string> {
  return textOfEach(rows, (row) => JSON.stringify(render(row)));
}

/** What is shown of a row, and the same as JSON. */
export interface Rendered<Body> {
  readonly body: Body;
  readonly text: string;
}

/** Renders a row once: as long as it is not written, the store returns the same object, and with it goes what is kept here. */
export function renderOnce<Row extends object, Body>(render: (row: Row) => Body): (row: Row) => Rendered<Body> {
  const kept = new WeakMap<Row, Rendered<Body>>();
  return (row) => {
    const known = kept.get(row);
    if (known) return known;
    const body = render(row);
    const rendered = { body, text: JSON.stringify(body) };
    kept.set(row, rendered);
    return rendered;
  };
}
