// Pictures that are no charts. A view is a function (context) -> { element, draw(revealed) }, registered under its name here.
//
// context: { spec, part, lookup(name) -> numbers, scalar(name), value(control), control(name), set(control, value) }.
// The element should carry its own viewBox or canvas and fill the width; views draw with the colours var(--ls-<role>).
import { html } from "../dom.js";
import { fillHtml } from "../labels.js";
import { allowedCircle } from "./allowed_circle.js";
import { clusters } from "./clusters.js";
import { coverLabelings } from "./cover_labelings.js";
import { coverPlane } from "./cover_plane.js";
import { discs } from "./discs.js";
import { ellipses } from "./ellipses.js";
import { perceptronPlane } from "./perceptron_plane.js";
import { sphere } from "./sphere.js";
import { starShape } from "./star_shape.js";

const views = { allowed_circle: allowedCircle, clusters, cover_labelings: coverLabelings, cover_plane: coverPlane, discs, ellipses, perceptron_plane: perceptronPlane, sphere, star_shape: starShape };

export function makeView(part, context) {
  const factory = views[part.name];
  if (!factory) throw new Error(`no view is called ${part.name}`);
  const view = factory({ ...context, part });
  const element = html("div", { class: "ls-part" }, part.title ? fillHtml(html("div", { class: "ls-part-title" }), part.title) : null, view.element);
  return { element, draw: (revealed, width) => view.draw(revealed, width) };
}
