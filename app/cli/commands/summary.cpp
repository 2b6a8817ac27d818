// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope summary TRACE -o FILE: what charts and tables ask of a trace, answered in a file that travels.
#include "analysis/study/summary.h"
#include "app/cli/commands/shared_options.h"
#include "app/cli/terminal/progress.h"
#include "io/base/grouped.h"
#include "io/base/text.h"

#include <cstdio>

namespace expertscope {

namespace {

struct Options
{
    std::filesystem::path trace, output;
    std::vector<std::string> labels;
    SummaryOptions summary;
    StudyOptions study;
    bool force = false;
};

Expected<void> summarise(const Options& options)
{
    const Output output{options.output, summaryKind(), {options.trace}, options.force};
    ES_TRY(checkOutput(output));
    ES_ASSIGN(const auto study, openStudy({options.trace}, options.study));
    const auto report = [&] {
        const TerminalProgress progress;
        return writeSummary(*study, 0, options.summary, output, progress.callback());
    }();
    if (!report)
        return tl::unexpected(report.error());
    std::printf("%s: %s answers about %s, %.2f MB\n", printable(options.output.string()).c_str(),
        grouped(report->answers).c_str(),
        report->selections == 1 ? "all tokens" : ("all tokens and " + grouped(report->selections - 1) + " label values").c_str(),
        double(report->bytes) * 1e-6);
    if (!report->leftOut.empty())
        std::printf("  not apart, as there are more than 16 values: %s; --labels names them\n", joined(report->leftOut).c_str());
    return {};
}

int run(const Options& given)
{
    Options options = given;
    for (const std::string& label : options.labels) {
        if (label == "none")
            options.summary.noLabels = true;
        else
            options.summary.labels.push_back(label);
    }
    if (options.summary.noLabels && options.labels.size() > 1)
        return failed(Error{"none or names, not both", "--labels", {}}, 2);
    const auto done = summarise(options);
    return done ? 0 : failed(done.error());
}

Run declare(Arguments& arguments)
{
    const auto options = std::make_shared<Options>();
    arguments.option("trace", options->trace, "The trace").required();
    arguments.option("-o,--output", options->output, "The summary, such as trace.summary.h5").required();
    arguments
        .option("--labels", options->labels,
            "Label whose values are answered apart, so that the window can filter by them; named again: that one too; none; "
            "default: all with at most 16 values")
        .repeated();
    arguments.flag("--exact", options->summary.exact, "Metrics that take long are computed of all sequences, not of a sample");
    addStudy(arguments, options->study);
    addForce(arguments, options->force);
    return [options] { return run(*options); };
}

}

Command summaryCommand()
{
    return {"summary", "Make a small file of a trace to be explored elsewhere", declare};
}

}
