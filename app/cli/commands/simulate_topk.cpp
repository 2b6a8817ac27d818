// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope simulate topk TRACE: what tokens lose with fewer experts, and what that saves.
#include "analysis/study/trace_analysis.h"
#include "analysis/what_if/topk.h"
#include "app/cli/commands/cache_options.h"
#include "app/cli/commands/shared_options.h"
#include "app/cli/terminal/progress.h"
#include "app/cli/terminal/table.h"
#include "app/cli/terminal/topk_tables.h"

namespace expertscope {

namespace {

struct Options
{
    std::filesystem::path trace;
    TopkOptions topk = standardTopk();
    unsigned threads = 0;
    OutputOptions output;
};

Expected<void> simulate(const Options& options, const ResultOutput& output, const TopkQuestion& question)
{
    ES_ASSIGN(const auto study, Study::open({options.trace}, {}, options.threads));
    auto answer = [&] {
        const TerminalProgress progress;
        return simulateTopk(*study, 0, question, progress.callback());
    }();
    if (!answer)
        return tl::unexpected(std::move(answer).error());
    const std::size_t width = pageOf(output).width;
    Results results = resultsOf(*answer);
    if (output.format == OutputFormat::Tables) {
        const std::string head = answer->caches.empty()
            ? wrapped(headingOf(*study, 0, question.scope), width, 2)
            : cacheHead(*study, *question.cache, answer->run, width);
        ES_TRY(writeTableText(output, head + topkTables(*answer, results, study->shape(), width)));
        return results::checkComputed(results);
    }
    return writeResults(output, {originOf(question, *answer, study->traces().front()), std::move(results)}, true, {},
        layersOf(study->shape()));
}

Run declare(Arguments& arguments)
{
    const auto options = std::make_shared<Options>();
    TopkOptions& topk = options->topk;
    arguments.option("trace", options->trace, "The trace").required();
    arguments.option("--keep", topk.keep, "Experts a token keeps, such as 6, 1-7, 2,4 or none; default: each number below k");
    arguments.option("--share", topk.shares,
        "Keep the fewest that hold such a share of the token's weights; default: 0.5,0.7,0.8,0.9,0.95");
    arguments.option("--probability", topk.probabilities,
        "The same of the router's probability over all experts, from logits, such as 0.5,0.8");
    arguments.option("--capacity", topk.cache.capacities,
        "Caches then: slots of a pool as in simulate cache, or none; default: 25%,50%,75%");
    arguments.option("--policy", topk.cache.policies, "Of these caches, as in simulate cache; default: lru");
    addServing(arguments, topk.cache);
    addSelection(arguments, topk.cache.selection);
    addThreads(arguments, options->threads);
    addOutput(arguments, options->output);
    return [options] {
        std::vector<std::filesystem::path> inputs = filesOf(options->topk.cache);
        inputs.push_back(options->trace);
        return runCommand(*options, inputs, [](const Options& o) { return checkTopk(o.topk); }, simulate);
    };
}

}

Command simulateTopkCommand()
{
    return {"topk", "Fewer experts a token: what is lost, what is saved", declare};
}

}
