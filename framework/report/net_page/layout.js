"use strict";
// Layered layout, step for step that of layout.py: rows by longest path, lanes for long edges,
// barycentre order, columns by isotonic regression.
const WIDTH = 190, HEIGHT = 44, COLUMN_GAP = 26, ROW_GAP = 34, LANE_GAP = 14;
const ORDER_SWEEPS = 6, COLUMN_SWEEPS = 9;

function layOut(numBoxes, edges) {
  const forward = edges.filter(([maker, reader]) => maker < reader);
  const rows = rowsOf(numBoxes, forward);
  const links = linksOf(rows, forward);
  const above = rows.map(() => []);
  const below = rows.map(() => []);
  for (const [upper, lower] of links) {
    above[lower].push(upper);
    below[upper].push(lower);
  }
  const order = orderOf(rows, above, below);
  return { rows, links, order, x: columnsOf(order, rows.length, numBoxes, above, below), numBoxes };
}

function rowsOf(numBoxes, edges) {
  const rows = new Array(numBoxes).fill(0);
  const fed = new Array(numBoxes).fill(false);
  const first = new Array(numBoxes).fill(numBoxes);
  for (const [maker, reader] of [...edges].sort((a, b) => a[1] - b[1])) {
    rows[reader] = Math.max(rows[reader], rows[maker] + 1);
    fed[reader] = true;
  }
  for (const [maker, reader] of edges) first[maker] = Math.min(first[maker], rows[reader]);
  return rows.map((row, box) => fed[box] || first[box] === numBoxes ? row : first[box] - 1);
}

function linksOf(rows, edges) {
  const lanes = new Map();
  const links = new Map();
  const link = (upper, lower) => links.set(`${upper} ${lower}`, [upper, lower]);
  for (const [maker, reader] of edges) {
    let last = maker;
    for (let row = rows[maker] + 1; row < rows[reader]; row++) {
      const key = `${maker} ${row}`;
      if (!lanes.has(key)) {
        lanes.set(key, rows.length);
        rows.push(row);
      }
      link(last, lanes.get(key));
      last = lanes.get(key);
    }
    link(last, reader);
  }
  return [...links.values()];
}

function orderOf(rows, above, below) {
  const order = [];
  for (let row = 0; row <= rows.reduce((a, b) => Math.max(a, b), -1); row++) order.push([]);
  rows.forEach((row, item) => order[row].push(item));
  const position = new Array(rows.length).fill(0);
  const wanted = new Array(rows.length).fill(0);
  for (let sweep = 0; sweep < ORDER_SWEEPS; sweep++) {
    const downwards = sweep % 2 === 0;
    const neighbours = downwards ? above : below;
    for (const row of downwards ? order : [...order].reverse()) {
      row.forEach((item, index) => { position[item] = index; });
      for (const item of row) wanted[item] = mean(neighbours[item], position, position[item]);
      row.sort((a, b) => wanted[a] - wanted[b]);
      row.forEach((item, index) => { position[item] = index; });
    }
  }
  return order;
}

function mean(items, values, otherwise) {
  if (!items.length) return otherwise;
  let total = 0;
  for (const item of items) total += values[item];
  return total / items.length;
}

function columnsOf(order, numItems, numBoxes, above, below) {
  const x = new Array(numItems).fill(0);
  for (const row of order) {
    const offsets = offsetsOf(row, numBoxes);
    row.forEach((item, index) => { x[item] = offsets[index] - offsets[row.length - 1] / 2; });
  }
  for (let sweep = 0; sweep < COLUMN_SWEEPS; sweep++) {
    const downwards = sweep % 2 === 0;
    const neighbours = downwards ? above : below;
    for (const row of downwards ? order : [...order].reverse()) {
      const places = spaced(row, row.map((item) => mean(neighbours[item], x, x[item])), numBoxes);
      row.forEach((item, index) => { x[item] = places[index]; });
    }
  }
  let left = Infinity;
  x.forEach((value, item) => { left = Math.min(left, value - (item < numBoxes ? WIDTH / 2 : 0)); });
  return x.map((value) => value - left);
}

function offsetsOf(row, numBoxes) {
  const offsets = [0];
  for (let index = 1; index < row.length; index++) {
    const both = (row[index - 1] < numBoxes ? 1 : 0) + (row[index] < numBoxes ? 1 : 0);
    offsets.push(offsets[index - 1] + both * WIDTH / 2 + (both ? COLUMN_GAP : LANE_GAP));
  }
  return offsets;
}

function spaced(row, wanted, numBoxes) {
  const offsets = offsetsOf(row, numBoxes);
  const blocks = [];
  row.forEach((_, index) => {
    let shift = wanted[index] - offsets[index], count = 1;
    while (blocks.length && blocks[blocks.length - 1][0] > shift) {
      const [value, others] = blocks.pop();
      shift = (value * others + shift * count) / (others + count);
      count += others;
    }
    blocks.push([shift, count]);
  });
  const places = [];
  for (const [value, count] of blocks) {
    for (let index = 0; index < count; index++) places.push(value + offsets[places.length]);
  }
  return places;
}
