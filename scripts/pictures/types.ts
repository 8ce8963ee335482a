// A picture of Type Mapper: some titles, the rule that each of them meets, and the type that comes of it.

import { mapType, type TypeRule } from "../../src/boosters/type-mapper.ts";
import { colours, line, svg, text } from "./svg.ts";

const rules: readonly TypeRule[] = [
  { match: "trail", type: "ACTIVITY_TYPE_TRAIL_RUN" },
  { match: "run", type: "ACTIVITY_TYPE_RUN" },
  { match: "walk", mode: "substring", type: "ACTIVITY_TYPE_WALK" },
];
const titles = ["Trail run with the dog", "Evening run", "Brunch", "Dogwalking"];

export function drawRules(): string {
  const ruleY = (rule: number | null) => 48 + (rule ?? rules.length) * 30;
  const shapes = titles.flatMap((title, index) => {
    const { activity, metadata } = mapType(
      { startTime: "2026-09-02T17:00:00Z", name: title, sessions: [{}] },
      { rules, defaultType: "ACTIVITY_TYPE_WORKOUT" },
    );
    const y = 48 + index * 30;
    const rule = "rule" in metadata ? metadata.rule : null;
    const colour = colours.zones[rule ?? 4] ?? colours.line;
    return [
      text(10, y, `“${title}”`),
      line(170, y - 4, 270, ruleY(rule) - 4, colour),
      text(730, y, `“${title}” → ${(activity.type ?? "").replace("ACTIVITY_TYPE_", "")}`, "end"),
    ];
  });
  return svg(
    740,
    152,
    "Titles meet the rules in their order; the first that matches gives the type, and the default takes the rest.",
    [
      text(10, 20, "title"),
      text(280, 20, "rules, in this order"),
      text(730, 20, "what comes of it", "end"),
      ...rules.map(({ match, mode = "word", type }, index) =>
        text(280, ruleY(index), `${index}. ${mode} “${match}”: ${type.replace("ACTIVITY_TYPE_", "")}`),
      ),
      text(280, ruleY(null), "defaultType: WORKOUT"),
      ...shapes,
    ],
  );
}
