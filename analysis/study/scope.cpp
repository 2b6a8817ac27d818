// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/scope.h"

#include "io/base/text.h"

#include <algorithm>

namespace expertscope {

void addKey(std::string& key, const std::string& part)
{
    key += std::to_string(part.size()) + ':' + part + ' ';
}

std::string describeTokens(const Scope& scope, const RoutingShape& shape)
{
    std::string list;
    const auto expert = [&](const ExpertAt& at) {
        const bool known = at.site.value < shape.sites.size();
        return (known ? "layer " + std::to_string(shape.sites[std::size_t(at.site)].layer)
                      : "site " + std::to_string(at.site.value))
            + " expert " + std::to_string(at.expert.value);
    };
    for (const LabelFilter& filter : scope.where)
        addPart(list, filter.label + "=" + filter.value);
    for (const LabelFilter& filter : scope.without)
        addPart(list, "without " + filter.label + "=" + filter.value);
    for (const ExpertAt& at : scope.chose)
        addPart(list, expert(at));
    for (const ExpertAt& at : scope.spared)
        addPart(list, "without " + expert(at));
    if (scope.tokens)
        addPart(list, "tokens " + std::to_string(scope.tokens->begin.value) + "-"
            + std::to_string(scope.tokens->end.value - std::min<std::uint64_t>(scope.tokens->size(), 1)));
    if (scope.skipFirst > 0)
        addPart(list, "without the first " + std::to_string(scope.skipFirst) + " of each sequence");
    return list;
}

std::string keyText(const Scope& scope)
{
    std::string key;
    for (const auto* filters : {&scope.where, &scope.without}) {
        addKey(key, std::to_string(filters->size()));
        for (const LabelFilter& filter : *filters) {
            addKey(key, filter.label);
            addKey(key, filter.value);
        }
    }
    for (const auto* experts : {&scope.chose, &scope.spared}) {
        addKey(key, std::to_string(experts->size()));
        for (const ExpertAt& at : *experts)
            addKey(key, std::to_string(at.site.value) + "." + std::to_string(at.expert.value));
    }
    addKey(key, std::to_string(scope.sites.size()));
    for (const SiteIndex site : scope.sites)
        addKey(key, std::to_string(site.value));
    addKey(key, std::to_string(scope.skipFirst));
    if (scope.tokens)
        addKey(key, std::to_string(scope.tokens->begin.value) + "-" + std::to_string(scope.tokens->end.value));
    return key;
}

}
