// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/help.h"

#include "analysis/hardware/hardware_presets.h"
#include "analysis/placement/planner.h"
#include "analysis/placement/registry.h"
#include "analysis/prefetch/registry.h"
#include "analysis/rerouting/registry.h"
#include "analysis/rerouting/rule.h"
#include "analysis/simulation/policy.h"
#include "analysis/simulation/registry.h"
#include "analysis/what_if/prefetch_options.h"
#include "analysis/what_if/time_options.h"
#include "app/cli/terminal/table.h"

namespace expertscope {

using namespace placement;

std::string policyHelp(std::size_t width)
{
    std::string text = "Policies (* knows what comes):\n";
    for (const simulation::PolicySpec& spec : simulation::policyRegistry()) {
        text += wrapped("  " + spec.name + "  " + (spec.knowsFuture ? "* " : "") + spec.definition, width, 6);
        for (const ParameterSpec& param : spec.params)
            text += wrapped("      " + param.name + "=" + param.standard + "  " + param.meaning, width, 10);
    }
    return text;
}

std::string predictorHelp(std::size_t width)
{
    std::string text = "Predictors of --prefetch (* knows what comes):\n";
    const auto params = [&](const std::vector<ParameterSpec>& specs, const char* indent) {
        for (const ParameterSpec& param : specs)
            text += wrapped(indent + param.name + "=" + param.standard + "  " + param.meaning, width, 10);
    };
    for (const prefetch::PredictorSpec& spec : prefetch::predictorRegistry()) {
        text += wrapped("  " + spec.name + "  " + (spec.knowsFuture ? "* " : "") + spec.definition, width, 6);
        params(spec.params, "      ");
    }
    text += "  and of each:\n";
    params(prefetchParams(), "      ");
    return text;
}

std::string ruleHelp(std::size_t width)
{
    std::string text =
        wrapped("Rules for --reroute; each also takes keep=1 (so many largest logits are chosen in any case) and "
                "tolerance=0.01 (share of a site's tokens whose recorded choice may have other reasons than "
                "the logits; they stay as recorded):",
            width, 2);
    for (const rerouting::RuleSpec& spec : rerouting::ruleRegistry()) {
        text += wrapped("  " + spec.name + "  " + spec.definition, width, 6);
        text += wrapped("      " + spec.strength.name + "=" + spec.strength.standard + "  " + spec.strength.meaning,
            width, 10);
    }
    return text;
}

std::string hardwareHelp(std::size_t width)
{
    std::string text =
        wrapped("Hardware (--hardware MACHINE, or LINK+GPU[+CPU]; FILE.json in place of any):", width, 2);
    for (const cost::HardwarePreset& preset : cost::hardwarePresets()) {
        std::string line = "  " + preset.name + "  " + cost::nameOf(preset.kind) + ": " + preset.title;
        if (const auto* link = std::get_if<cost::Link>(&preset.part))
            line += ", " + ratesText(*link);
        else if (const auto* processor = std::get_if<cost::Processor>(&preset.part))
            line += ", " + ratesText(*processor);
        text += wrapped(line, width, 6);
    }
    return text;
}

std::string plannerHelp(std::size_t width)
{
    std::string text = "Planners:\n";
    for (const Planner& planner : plannerRegistry())
        text += wrapped("  " + planner.name + "  " + planner.definition, width, 6);
    return text;
}

}
