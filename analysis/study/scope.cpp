// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/scope.h"

#include "analysis/spine/selection.h"
#include "analysis/study/condition.h"
#include "io/base/text.h"

#include <algorithm>
#include <set>

namespace expertscope {

namespace {

/// "its routers are at layers 3-26, 61"
std::string layersHint(const RoutingShape& shape)
{
    std::set<unsigned> layers;
    for (const Site& site : shape.sites)
        layers.insert(site.layer);
    std::string list;
    for (auto it = layers.begin(); it != layers.end();) {
        const unsigned first = *it;
        unsigned last = first;
        while (++it != layers.end() && *it == last + 1)
            last = *it;
        addPart(list, last > first ? std::to_string(first) + "-" + std::to_string(last) : std::to_string(first));
    }
    return list.empty() ? "it has no routers" : "its routers are at layers " + list;
}

}

void addKey(std::string& key, const std::string& part)
{
    key += std::to_string(part.size()) + ':' + part + ' ';
}

Expected<std::vector<SiteIndex>> sitesOf(const Scope& scope, const RoutingShape& shape)
{
    PassOptions options;
    options.sites = scope.sites;
    for (const std::uint16_t layer : scope.layers) {
        bool found = false;
        for (std::size_t i = 0; i < shape.sites.size(); ++i) {
            if (shape.sites[i].layer != layer)
                continue;
            found = true;
            options.sites.emplace_back(static_cast<std::uint16_t>(i));
        }
        if (!found)
            return fail("the trace has no router at layer " + std::to_string(layer), {}, layersHint(shape));
    }
    return selectSites(shape, options);
}

Expected<std::vector<ExpertAt>> expertsOf(const ExpertSet& set, const RoutingShape& shape)
{
    std::vector<ExpertAt> experts = set.experts;
    for (const LayerExpert& of : set.ofLayers) {
        Scope scope;
        scope.layers = {of.layer};
        ES_ASSIGN(const auto sites, sitesOf(scope, shape));
        for (const SiteIndex site : sites)
            experts.push_back({site, of.expert});
    }
    for (const ExpertAt& at : experts) {
        if (at.site.value >= shape.sites.size())
            return fail("the trace has no site " + std::to_string(at.site.value), {},
                "its sites: 0-" + std::to_string(shape.sites.size() - 1));
        const Site& site = shape.sites[std::size_t(at.site)];
        if (at.expert.value >= site.numExperts)
            return fail("layer " + std::to_string(site.layer) + " has no expert " + std::to_string(at.expert.value), {},
                "its experts: 0-" + std::to_string(site.numExperts - 1));
    }
    const auto key = [](const ExpertAt& at) { return std::pair(at.site, at.expert); };
    std::ranges::sort(experts, {}, key);
    experts.erase(std::unique(experts.begin(), experts.end()), experts.end());
    return experts;
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
    const auto set = [&](const ExpertSet& of) {
        const std::size_t size = of.experts.size() + of.ofLayers.size();
        if (!of.name.empty())
            return "set " + of.name + " (" + std::to_string(size) + (size == 1 ? " expert)" : " experts)");
        std::string either;
        for (const LayerExpert& at : of.ofLayers)
            addPart(either, "layer " + std::to_string(at.layer) + " expert " + std::to_string(at.expert.value), " or ");
        for (const ExpertAt& at : of.experts)
            addPart(either, expert(at), " or ");
        return either;
    };
    for (const LabelFilter& filter : scope.where)
        addPart(list, conditionText(filter));
    for (const LabelFilter& filter : scope.without)
        addPart(list, conditionText(filter, false));
    for (const ExpertAt& at : scope.chose)
        addPart(list, expert(at));
    for (const ExpertAt& at : scope.spared)
        addPart(list, "without " + expert(at));
    for (const ExpertSet& of : scope.choseAny)
        addPart(list, set(of));
    for (const ExpertSet& of : scope.sparedAny)
        addPart(list, "without " + set(of));
    for (const ValueCondition& condition : scope.values)
        addPart(list, valueConditionText(condition));
    if (scope.tokens)
        addPart(list, "tokens " + std::to_string(scope.tokens->begin.value) + "-"
            + std::to_string(scope.tokens->end.value - std::min<std::uint64_t>(scope.tokens->size(), 1)));
    if (scope.phase != Phase::All)
        addPart(list, scope.phase == Phase::Prompt ? "prompts" : "generated tokens");
    if (scope.sample > 0)
        addPart(list, "a sample of " + std::to_string(scope.sample) + " sequences");
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
            addKey(key, std::to_string(filter.alternatives.size()));
            for (const std::string& value : filter.alternatives)
                addKey(key, value);
        }
    }
    for (const auto* experts : {&scope.chose, &scope.spared}) {
        addKey(key, std::to_string(experts->size()));
        for (const ExpertAt& at : *experts)
            addKey(key, std::to_string(at.site.value) + "." + std::to_string(at.expert.value));
    }
    // Of a scope without such sets the key is what it was before there were any: what was kept is found again.
    for (const auto* sets : {&scope.choseAny, &scope.sparedAny}) {
        if (scope.choseAny.empty() && scope.sparedAny.empty())
            continue;
        addKey(key, "any " + std::to_string(sets->size()));
        for (const ExpertSet& set : *sets) {
            addKey(key, std::to_string(set.experts.size()) + "." + std::to_string(set.ofLayers.size()));
            for (const ExpertAt& at : set.experts)
                addKey(key, std::to_string(at.site.value) + "." + std::to_string(at.expert.value));
            for (const LayerExpert& at : set.ofLayers)
                addKey(key, std::to_string(at.layer) + ":" + std::to_string(at.expert.value));
        }
    }
    for (const ValueCondition& condition : scope.values) // none: likewise
        addKey(key, "value " + valueConditionText(condition));
    addKey(key, std::to_string(scope.sites.size()));
    for (const SiteIndex site : scope.sites)
        addKey(key, std::to_string(site.value));
    addKey(key, std::to_string(scope.layers.size()));
    for (const std::uint16_t layer : scope.layers)
        addKey(key, std::to_string(layer));
    addKey(key, std::to_string(scope.skipFirst));
    addKey(key, std::to_string(int(scope.phase)));
    addKey(key, std::to_string(scope.sample));
    if (scope.tokens)
        addKey(key, std::to_string(scope.tokens->begin.value) + "-" + std::to_string(scope.tokens->end.value));
    return key;
}

}
