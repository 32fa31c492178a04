// Where the words of a chart go: beside what they name, and on nothing that is drawn.
const COLUMN = 4; // pixels; of a curve is kept between which heights it runs in each column
const REACH = 20; // pixels around a label within which curves are looked for
const SPOTS = 10; // along a curve where its label may stand
const CLEAR = 3; // pixels between a label and a line
const RISE = 11; // a label reaches from this far above its base line
const FALL = 4; // to this far below

// Base line of a label against its point, the best one first. Beside it there is room at the end of a curve and where it is steep.
const BESIDE = [5, 1, 9, -3, 13];
const ABOVE = [-8, -15];
const BELOW = [16, 23];

/* Places for words of this length at a point, or at a piece of a curve between two heights: to its right, to its left and over it. A place
   is [left end, base line, cost]. */
export function around(x, top, bottom, length, cost = 0, apart = 8) {
  const middle = (top + bottom) / 2;
  const sides = (y, price) => [[x + apart, y, cost + price], [x - apart - length, y, cost + price + 2]];
  const across = (y, price) => [...sides(y, price), [x - length / 2, y, cost + price + 3]];
  return [
    ...BESIDE.flatMap((dy, k) => sides(middle + dy, k)),
    ...ABOVE.flatMap((dy, k) => across(top + dy, 6 + 8 * k)),
    ...BELOW.flatMap((dy, k) => across(bottom + dy, 10 + 8 * k)),
  ];
}

// What a place costs, in pixels by which a label would rather be moved.
const ON_LABEL = 20000;
const ON_LINE = 2000;
const ON_SHAPE = 500;
const MISTAKEN = 1000; // nearer to another curve than to its own
const STAY = 15; // by which another place must be better than the one before, so that no label leaps to and fro

/* `kept` holds the place of each label in its list, from one drawing to the next. */
export function makePlacer(inner, kept) {
  const [right, floor] = [inner.x + inner.width, inner.y + inner.height];
  const columns = Math.ceil(inner.width / COLUMN);
  const column = (x) => Math.floor((x - inner.x) / COLUMN);
  const curves = [];
  const shapes = [];
  const taken = [];
  const wanted = [];

  function trace(curve, ax, ay, bx, by) {
    const { tops, bottoms } = curve;
    if (ax > bx) [ax, ay, bx, by] = [bx, by, ax, ay];
    const slope = bx > ax ? (by - ay) / (bx - ax) : 0;
    const last = Math.min(columns - 1, column(bx));
    // What stands exactly on the right edge belongs to the last column.
    for (let c = ax > right ? columns : Math.max(0, Math.min(columns - 1, column(ax))); c <= last; c++) {
      const from = ay + slope * Math.max(0, inner.x + c * COLUMN - ax);
      const to = bx > ax ? ay + slope * (Math.min(bx, inner.x + (c + 1) * COLUMN) - ax) : by;
      const [top, bottom] = [Math.max(inner.y, Math.min(from, to)), Math.min(floor, Math.max(from, to))];
      if (top > bottom) continue; // out of the frame
      tops[c] = Math.min(tops[c], top);
      bottoms[c] = Math.max(bottoms[c], bottom);
      curve.seen = true;
    }
  }

  // How far a curve is from a box, at most REACH.
  function gap({ tops, bottoms }, box) {
    let best = REACH * REACH;
    const last = Math.min(columns - 1, column(box.right + REACH));
    for (let c = Math.max(0, column(box.left - REACH)); c <= last; c++) {
      if (tops[c] > bottoms[c]) continue;
      const x = inner.x + c * COLUMN;
      const across = Math.max(0, x - box.right, box.left - x - COLUMN);
      const along = Math.max(0, tops[c] - box.bottom, box.top - bottoms[c]);
      best = Math.min(best, across * across + along * along);
    }
    return Math.sqrt(best);
  }

  const meet = (a, b) => a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;

  function costOf(box, own, limit) {
    let cost = 0;
    for (const other of taken) if (meet(box, other)) cost += ON_LABEL;
    for (let k = 0; k < shapes.length && cost < limit; k++) if (meet(box, shapes[k])) cost += ON_SHAPE;
    let [mine, others] = [REACH, REACH];
    for (const curve of curves) {
      if (cost >= limit) return cost;
      const distance = gap(curve, box);
      if (distance < CLEAR) cost += ON_LINE;
      if (curve === own) mine = distance;
      else others = Math.min(others, distance);
    }
    if (!own) return cost;
    return cost + mine + (others < mine + 1 ? MISTAKEN : 0);
  }

  return {
    // A curve through these points, in pixels; it breaks where one is not finite.
    curve(count, x, y) {
      const made = { tops: new Float32Array(columns).fill(Infinity), bottoms: new Float32Array(columns).fill(-Infinity), seen: false, backward: false };
      curves.push(made);
      let [ax, ay, first] = [NaN, NaN, NaN];
      for (let k = 0; k < count; k++) {
        const [bx, by] = [x(k), y(k)];
        if (!Number.isFinite(ax + ay)) [ax, ay] = [bx, by]; // a point alone is a curve, too
        if (Number.isFinite(ax + ay + bx + by)) trace(made, ax, ay, bx, by);
        [ax, ay] = [bx, by];
        if (!Number.isFinite(bx)) continue;
        if (Number.isNaN(first)) first = bx;
        made.backward = bx < first;
      }
      return made;
    },
    // Places along a curve, those near this part of it first.
    along({ tops, bottoms, backward }, part, length) {
      const seen = [...tops.keys()].filter((c) => tops[c] <= bottoms[c]);
      if (!seen.length) return [];
      const at = (share) => seen[Math.round((backward ? 1 - share : share) * (seen.length - 1))];
      const wanted = at(part);
      return [part, ...Array.from({ length: SPOTS }, (_, k) => k / (SPOTS - 1))].map(at).flatMap((c) =>
        around(inner.x + (c + 0.5) * COLUMN, tops[c], bottoms[c], length, 0.15 * COLUMN * Math.abs(c - wanted)));
    },
    shape(left, top, right, bottom) {
      shapes.push({ left, top, right, bottom });
    },
    /* Words of this length for the `own` curve, if any; `places` are [left, base line, cost], the cheapest is taken once all is drawn. The
       `key` is the label's from one drawing to the next. */
    want(key, length, own, places, put) {
      wanted.push({ key, length, own, places, put });
    },
    place() {
      for (const { key, length, own, places, put } of wanted) {
        let best = { cost: Infinity };
        if (!places.length) continue; // out of the frame
        for (const [k, [x, base, asked]] of places.entries()) {
          const price = kept.get(key) === k ? asked - STAY : asked;
          if (price >= best.cost) continue;
          const left = length > inner.width - 6 ? inner.x + (inner.width - length) / 2 : Math.min(Math.max(x, inner.x + 4), right - length - 2); // wider with a reader's own spacing
          const y = Math.min(Math.max(base, inner.y + RISE), floor - FALL - 1);
          const box = { left, right: left + length, top: y - RISE, bottom: y + FALL };
          const cost = price + costOf(box, own, best.cost - price);
          if (cost < best.cost) best = { k, cost, box, x: left, y };
        }
        kept.set(key, best.k);
        taken.push(best.box);
        put(best.x, best.y);
      }
    },
  };
}
