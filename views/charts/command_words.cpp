// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/command_words.h"

#include "analysis/study/expert_sets.h"
#include "analysis/study/request_text.h"
#include "io/base/text.h"

namespace expertscope {

void CommandWords::add(const std::string& word)
{
    addPart(m_text, shellWord(word), " ");
}

void CommandWords::option(const std::string& name, const std::string& value)
{
    add("--" + name);
    add(value);
}

void CommandWords::scope(const Scope& scope, const RoutingShape& shape, QStringList& unsaid)
{
    for (const LabelFilter& filter : scope.where)
        option("where", conditionText(filter, true));
    for (const LabelFilter& filter : scope.without)
        option("where", conditionText(filter, false));
    for (const std::string& experts : expertTexts(scope.chose, scope.choseAny))
        option("chose", experts);
    for (const std::string& experts : expertTexts(scope.spared, scope.sparedAny))
        option("spared", experts);
    for (const std::string& condition : valueConditionTexts(scope.values))
        option("having", condition);
    if (!scope.sites.empty())
        option("sites", sitesText(scope.sites));
    if (!scope.layers.empty()) {
        std::string list;
        for (const std::uint16_t layer : scope.layers)
            addPart(list, std::to_string(layer), ",");
        option("layers", list);
    }
    if (scope.skipFirst > 0)
        option("skip-first", std::to_string(scope.skipFirst));
    // What only filters of the window can say, in the words of titles.
    Scope rest;
    rest.tokens = scope.tokens;
    if (!rest.everything())
        unsaid << QString::fromStdString(describeTokens(rest, shape));
    if (scope.phase != Phase::All)
        option("phase", phaseText(scope.phase));
    if (scope.sample > 0)
        option("sample", std::to_string(scope.sample));
}

}
