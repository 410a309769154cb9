// What one would do: four choices, from strong no to strong yes, or none.
import { t } from "../../../common/pages/words.js";
import { radiosOf } from "./radios.js";

export const RECOMMENDATIONS = ["strong_no", "no", "yes", "strong_yes"];

// What each is called: "Strong yes".
export const recommendationWord = (value) => t(`feedback.${value}`);

export function recommendationChoice(onchoose) {
  return radiosOf({
    name: "recommendation",
    className: "recommendation",
    legend: t("feedback.recommendation"),
    options: RECOMMENDATIONS.map((value) => ({ value, label: recommendationWord(value) })),
    onchoose,
  });
}
