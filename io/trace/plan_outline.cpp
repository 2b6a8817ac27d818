// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/plan_outline.h"

#include "io/base/text.h"

#include <algorithm>

namespace expertscope {

namespace {

/// What the model, the device or the number type decide: no news when one of those differs.
constexpr const char* kDecided[] = {"router_dtype", "attention_path", "expert_path", "stored_dtype", "weight_hash"};

std::string attribute(const Provenance& provenance, const std::string& name)
{
    const auto found = provenance.attributes.find(name);
    return found == provenance.attributes.end() ? std::string() : found->second;
}

/// A sentence for an attribute that differs.
std::string differs(const std::string& name, const std::string& before, const std::string& now)
{
    if (name == "weight_hash")
        return "the weights differ";
    if (name == "tokenizer_hash")
        return "the tokenizer differs";
    if (now.empty() || before.empty())
        return name + (now.empty() ? " is not given and was '" + before + "'" : " is '" + now + "' and was not given");
    return name + " is '" + now + "' and was '" + before + "'";
}

}

PlanOutline outlineOf(const TracePlan& plan)
{
    PlanOutline outline;
    outline.fingerprint = fingerprint(plan);
    for (const PlannedSequence& sequence : plan.sequences)
        outline.numTokens += sequence.tokenIds.size();
    outline.sites = plan.sites;
    outline.columns = plan.columns;
    outline.provenance = plan.provenance;
    return outline;
}

Expected<PlanOutline> outlineOf(const OpenTrace& trace, const TraceSummary& summary)
{
    PlanOutline outline;
    ES_ASSIGN(const auto provenance, hdf5::openGroup(trace.file, "provenance", trace.name));
    const auto hash = [&](const char* name) {
        return hdf5::readText(provenance, name, trace.name + ": group 'provenance'", 64);
    };
    ES_ASSIGN(outline.fingerprint.sites, hash("plan_hash_sites"));
    ES_ASSIGN(outline.fingerprint.sequences, hash("plan_hash_sequences"));
    ES_ASSIGN(outline.fingerprint.columns, hash("plan_hash_columns"));
    ES_ASSIGN(outline.fingerprint.model, hash("plan_hash_model"));
    ES_ASSIGN(const std::int64_t planned, hdf5::readInteger(trace.file, "planned_tokens", trace.name));
    outline.numTokens = static_cast<std::uint64_t>(planned);
    outline.sites = summary.sites;
    outline.columns = summary.columns;
    outline.provenance = summary.provenance;
    return outline;
}

std::string planDifferences(const PlanOutline& before, const PlanOutline& now, bool whole)
{
    std::string all;
    const auto say = [&](const std::string& what) { addPart(all, what, "; "); };
    const auto recorded = [&](const char* what, bool then, bool today) {
        if (then != today)
            say(std::string(what).append(today ? " are recorded and were not" : " are not recorded and were"));
    };
    if (before.fingerprint.sequences != now.fingerprint.sequences) {
        say("the prompts differ"
            + (before.numTokens == now.numTokens ? std::string()
                                                 : " (" + std::to_string(now.numTokens) + " tokens, "
                        + std::to_string(before.numTokens) + " before)"));
    }
    if (before.sites.size() != now.sites.size())
        say(std::to_string(now.sites.size()) + " sites are recorded and " + std::to_string(before.sites.size())
            + " were");
    else if (before.fingerprint.sites != now.fingerprint.sites)
        say("the sites differ");
    recorded("logits", before.columns.logits, now.columns.logits);
    recorded("losses", before.columns.loss, now.columns.loss);
    if (before.fingerprint.columns != now.fingerprint.columns && before.columns.logits == now.columns.logits
        && before.columns.loss == now.columns.loss)
        say("the recorded columns differ");

    const Provenance &b = before.provenance, &n = now.provenance;
    bool decided = false; // what follows from another difference is not told
    if (b.modelType != n.modelType) {
        say("the model is " + n.modelType + " and was " + b.modelType);
        decided = true;
    } else if (b.configJson != n.configJson) {
        say("the model's config.json differs");
        decided = true;
    }
    for (const char* name : {"device", "dtype"}) {
        if (attribute(b, name) != attribute(n, name)) {
            say(differs(name, attribute(b, name), attribute(n, name)));
            decided = true;
        }
    }
    for (const auto& [name, value] : n.attributes) {
        const bool told =
            name == "device" || name == "dtype" || (decided && std::ranges::find(kDecided, name) != std::end(kDecided));
        if (!told && decidesRouting(name) && attribute(b, name) != value)
            say(differs(name, attribute(b, name), value));
    }
    if (all.empty() && whole)
        return before.fingerprint.difference(now.fingerprint);
    return all;
}

Expected<void> checkSamePlan(const PlanOutline& before, const PlanOutline& now, const std::string& where)
{
    const std::string differences = planDifferences(before, now, true);
    if (!differences.empty())
        return fail("cannot go on with another capture: " + differences, where,
            "give the options and files that it was begun with, or --force to begin anew");
    return {};
}

}
