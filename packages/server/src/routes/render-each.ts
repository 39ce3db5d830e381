/** Renders each of `rows` when the iteration reaches it, so that a long list is not rendered at once. */
export function* renderEach<Row, Item>(rows: Iterable<Row>, render: (row: Row) => Item): Generator<Item> {
  for (const row of rows) yield render(row);
}
