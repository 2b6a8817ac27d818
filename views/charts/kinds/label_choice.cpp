// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/label_choice.h"

#include "io/base/named.h"

#include <algorithm>
#include <map>

namespace expertscope {

bool valuesMeet(const Label& label, const Label* pair)
{
    std::map<std::int32_t, std::int32_t> first; // by value of `pair`: code of its first sequence
    for (std::size_t s = 0; s < label.codes.size(); ++s) {
        const std::int32_t group = pair ? pair->codes[s] : 0;
        if (label.codes[s] >= 0 && group >= 0
            && first.try_emplace(group, label.codes[s]).first->second != label.codes[s])
            return true;
    }
    return false;
}

ChartOption labelOption()
{
    return {{.name = "label",
                .standard = "",
                .meaning = "name of the label; default: the first with several values",
                .kind = ParameterSpec::Kind::Text},
        "Label", true};
}

Expected<const Label*> chosenLabel(const Study& study, const ChartQuestion& question, const std::string& pair)
{
    const std::vector<Label>& labels = study.shape(question.trace).labels;
    const std::string& name = question.params.text("label");
    const std::string file = study.traces()[question.trace].path.string();
    if (!name.empty()) {
        if (const Label* const found = named(labels, name))
            return found;
        return fail("no sequence has a label of this name", "label=" + name,
            labels.empty() ? "the trace has no labels" : nameHint(labels, name, "there is: "));
    }
    const Label* const paired = pair.empty() ? nullptr : named(labels, pair);
    for (const Label& label : labels) {
        if (paired && &label != paired && valuesMeet(label, paired))
            return &label;
    }
    for (const std::size_t most : {kFewValues, SIZE_MAX}) {
        for (const Label& label : labels) {
            if (label.values.size() >= 2 && label.values.size() <= most)
                return &label;
        }
    }
    return fail(labels.empty() ? "its sequences have no labels to compare" : "has no label with two values to compare",
        file, "labels come with the prompts: see prompts.md");
}

}
