// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope inspect MODEL: what a model is, takes and fits, from its checkpoint alone.
#include "analysis/inspect/inspection_rows.h"
#include "app/cli/commands/shared_options.h"
#include "app/cli/terminal/help.h"
#include "app/cli/terminal/inspect_tables.h"
#include "app/cli/terminal/progress.h"

namespace expertscope {

namespace {

struct Options
{
    inspect::Options asked;
    OutputOptions output;
};

Expected<void> look(const Options&, const ResultOutput& output, const inspect::Question& question)
{
    auto answer = [&] {
        const TerminalProgress progress;
        return inspect::inspectModel(question, progress.callback());
    }();
    if (!answer)
        return tl::unexpected(std::move(answer).error());
    if (output.format == OutputFormat::Tables)
        ES_TRY(writeTableText(output, inspectTables(*answer, pageOf(output).width)));
    else
        ES_TRY(writeResults(output, {inspect::originOf(*answer), inspect::resultsOf(*answer)}, true, {}, {}));
    if (answer->subject.refusal) // all that could be told is told
        return tl::unexpected(*answer->subject.refusal);
    return {};
}

int run(const Options& options)
{
    return runCommand(
        options, {options.asked.model}, [](const Options& o) { return inspect::checkInspect(o.asked); }, look);
}

Run declare(Arguments& arguments)
{
    const auto options = std::make_shared<Options>();
    arguments
        .option("MODEL", options->asked.model,
            "A checkpoint in the Hugging Face layout, or a config.json alone: what its sizes would be")
        .required();
    arguments
        .option("--hardware", options->asked.hardware,
            "Model memory and time on this machine: NAME or FILE.json, parts joined with +, may be repeated; see below; "
            "default: a few cards")
        .repeated()
        .value("MACHINE");
    arguments.option(
        "--context", options->asked.context, "Tokens of a sequence whose keys and values are kept; default: 4096");
    arguments.flag("--experts", options->asked.experts,
        "Read all experts, too: their coupling to the router's rows, their likeness; in files, with matrices");
    addThreads(arguments, options->asked.threads);
    arguments.footer([](std::size_t width) { return hardwareHelp(width); });
    addOutput(arguments, options->output);
    return [options] { return run(*options); };
}

}

Command inspectCommand()
{
    return {"inspect", "Tell what a model is, takes and fits, from its checkpoint alone", declare};
}

}
