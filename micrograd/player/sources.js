// ── Where numbers come from ──────────────────────────────────────────────────────────────────────
// A frame is all numbers of a graph at one time. A source has one frame or several, and tells the
// number at a place of a frame.

/** Numbers that were recorded in Python. */
class Recording {
  constructor({ columns, at, frames }) {
    this.frames = frames;
    this.at = at;
    this.columns = columns.map((column) => {
      if (Array.isArray(column)) return column;         // the same in all frames
      const bytes = Uint8Array.from(atob(column), (c) => c.charCodeAt(0));
      const Floats = bytes.length / frames === 4 ? Float32Array : Float64Array;
      return new Floats(bytes.buffer);
    });
  }

  get hasNaN() {
    return this.columns.some((column) => column.some((x) => Number.isNaN(size(x))));
  }

  number(place, frame) {
    const column = this.columns[this.at[place]];
    const x = column.length === 1 ? column[0] : column[frame];
    return column instanceof Float32Array ? Number(x.toPrecision(7)) : x;
  }
}
