// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/reroute_tables.h"

#include "analysis/what_if/reroute_rows.h"
#include "app/cli/terminal/table.h"
#include "io/base/text.h"

namespace expertscope {

using namespace rerouting;
using namespace simulation;

namespace {

/// "prior, keep 1".
std::string ruleText(const CheckedRule& rule)
{
    return rule.spec->name + " (" + rule.spec->definition + "), " + std::to_string(rule.keep)
        + (rule.keep == 1 ? " largest logit" : " largest logits") + " of a token always kept";
}

struct Rerouted
{
    Rerouting done;
    std::uint32_t poolSize = 0; ///< experts of the largest pool
    bool cut = false, unequal = false;
};

std::string tableOf(const RerouteAnswer& answer, const RerouteQuestion& question, std::size_t first, std::size_t width)
{
    const auto& results = answer.done.results;
    const std::size_t numRows = question.rule.strengths.size() + 1;
    const auto& capacities = answer.capacities;
    const bool bytes = answer.expertBytes && answer.done.countedTokens;
    TextTable table;
    table.addColumn("slots", TextTable::Align::Right, true);
    table.addColumn("of pool", TextTable::Align::Right, true);
    table.addColumn(question.rule.spec->strength.name, TextTable::Align::Right, true);
    table.addColumn("miss rate", TextTable::Align::Right);
    table.addColumn("misses", TextTable::Align::Right);
    if (bytes)
        table.addColumn("MiB/token", TextTable::Align::Right);
    table.addColumn("changed", TextTable::Align::Right);
    table.addColumn("dropped", TextTable::Align::Right);
    table.addColumn("added", TextTable::Align::Right);
    for (std::size_t c = 0; c < capacities.size(); ++c) {
        const std::uint64_t recorded = wholeModel(results[first].cache, c).misses();
        for (std::size_t r = 0; r < numRows; ++r) {
            const ReroutedCache& result = results[first + r];
            const Counters cache = wholeModel(result.cache, c);
            const ChoiceCounters choices = allChoices(result, c);
            std::vector<std::string> cells{r ? "" : std::to_string(capacities[c]),
                r ? "" : format("%.0f %%", 100.0 * capacities[c] / answer.poolSize),
                result.strength ? format("%g", *result.strength) : "recorded",
                cache.requests ? format("%.4f", 1 - cache.hitRate()) : "-",
                recorded ? format("%.1f %%", 100.0 * double(cache.misses()) / double(recorded)) : "-"};
            if (bytes)
                cells.push_back(format("%.2f",
                    double(cache.misses()) * *answer.expertBytes / double(answer.done.countedTokens)
                        / (1024 * 1024)));
            const auto share = [&](double sum, std::uint64_t n) {
                cells.push_back(result.strength && n ? format("%.2f %%", 100 * sum / double(n)) : "-");
            };
            share(double(choices.changed), choices.choices);
            share(choices.dropped, choices.tokens);
            share(choices.added, choices.tokens);
            table.addRow(std::move(cells));
        }
    }
    return table.toString(width);
}

}

std::string rerouteTables(const RerouteQuestion& question, const RerouteAnswer& answer, std::size_t width)
{
    std::string text = wrapped("Rerouted by " + ruleText(question.rule), width, 2);
    const std::size_t numRows = question.rule.strengths.size() + 1;
    for (std::size_t p = 0; p < question.choice.policies.size(); ++p)
        text += '\n' + printable(policyText(question.choice.policies[p])) + '\n'
            + tableOf(answer, question, p * numRows, width);
    const auto note = [&](const std::string& line) { text += wrapped(line, width, 2); };
    text += '\n';
    note("misses: as a share of those of the recorded routing. changed: share of all choices. dropped, added: "
         "probability "
         "of the recorded experts that a token lost, and of those it got instead; mean over tokens.");
    note("What this does to the model's answers is not in a trace, and the hidden states stay as recorded.");
    const ChoiceCounters choices = allChoices(answer.done.results.front(), 0);
    if (choices.left)
        note(format("%.3g %% of the tokens stay as recorded everywhere",
                 100.0 * double(choices.left) / double(choices.tokens))
            + ": their recorded experts are not those with the largest logits.");
    for (const auto& [why, names] : question.choice.leftOut)
        note("Left out: " + names + " (" + why + ").");
    if (answer.cut)
        note("Capacities above " + std::to_string(answer.poolSize) + ", all experts of a pool, are shown as that.");
    if (answer.unequal)
        note("The pools are of different sizes; percentages are of the largest.");
    if (choices.tokens == 0)
        note("Nothing was asked for: no token of the selection routes to an expert.");
    return text;
}

}
