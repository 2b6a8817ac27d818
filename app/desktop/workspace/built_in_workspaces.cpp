// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/workspace/built_in_workspaces.h"

namespace expertscope {

const std::vector<BuiltInWorkspace>& builtInWorkspaces()
{
    static const std::vector<BuiltInWorkspace> workspaces{
        {"explore", "Explore", "The map, and what goes along with what is pinned in it",
            {"chart.load", "tokens.text", "chart.flow", "chart.specialisation", "chart.repetition",
                "chart.cache_curves"},
            {"summary", "balance", "remarkable", "selection", "expert", "chart.coactivation", "chart.balance",
                "tokens.timeline", "log", "history"}},
        {"specialise", "Specialise", "Which experts serve which texts: languages, domains, tokens",
            {"chart.load_by_label", "chart.specialisation", "chart.divergence", "chart.label_divergence",
                "chart.risk_difference", "chart.domain_cv", "chart.vocabulary"},
            {"balance", "remarkable", "selection", "expert", "chart.load", "chart.tokens"}},
        {"flow", "Flow", "How tokens go on from layer to layer",
            {"chart.flow", "chart.affinity", "chart.mutual_information", "chart.predict", "chart.fan_out"},
            {"balance", "selection", "expert", "chart.coactivation", "chart.load"}},
        {"cache", "Cache", "What if: caches, prefetches, routers and plans",
            {"what_if", "what_if.slots", "what_if.placement", "chart.cache_curves", "chart.cache_map", "chart.cache_residency", "chart.cache_timeline", "chart.cache_time", "chart.cache_phases", "chart.prefetch", "chart.predictability",
                "chart.reroute", "chart.fewer_experts", "chart.placement", "chart.lifetime", "chart.repetition"},
            {"balance", "what_if.hardware"}},
        {"compare", "Compare", "Two traces, or the values of a label, against each other",
            {"compare", "chart.load", "chart.risk_difference", "chart.divergence", "chart.load_by_label",
                "chart.coactivation"},
            {"summary", "balance", "selection", "chart.balance", "chart.sharpness"}},
        {"training", "Training", "How routing formed over checkpoints",
            {"chart.training", "chart.expert_life", "chart.balance", "chart.load", "chart.sharpness"},
            {"summary", "balance", "selection", "chart.position"}},
        {"prompt", "Prompt", "A prompt that is typed, and one text, token by token",
            {"playground", "tokens.text", "chart.tokens", "chart.timeline", "chart.load"},
            {"summary", "selection", "expert", "tokens.timeline", "chart.sharpness"}},
    };
    return workspaces;
}

}
