// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope info FILE: what a trace is, from its attributes alone; with --check also whether it contradicts itself.
#include "analysis/study/summary.h"
#include "app/cli/arguments.h"
#include "app/cli/commands/trace_findings.h"
#include "app/cli/reading/page.h"
#include "app/cli/terminal/table.h"
#include "io/base/grouped.h"
#include "io/base/text.h"
#include "io/trace/trace_file.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <span>
#include <vector>

#include <unistd.h>

namespace expertscope {

namespace {

const char* kindName(SiteKind kind)
{
    static constexpr const char* kNames[] = {"decoder", "encoder", "multi-token prediction", "attention"};
    return kNames[static_cast<int>(kind)];
}

const char* scoreName(ScoreFunction score)
{
    static constexpr const char* kNames[] = {"softmax", "sigmoid", "identity", "sqrt-softplus", "sparse-mixer"};
    return kNames[static_cast<int>(score)];
}

const char* renormName(Renormalisation renormalisation)
{
    static constexpr const char* kNames[] = {"none", "sum", "softmax over chosen", "p-norm"};
    return kNames[static_cast<int>(renormalisation)];
}

std::vector<std::string> columnNames(const TraceSummary& s)
{
    std::vector<std::string> names{"expert_id"};
    for (const auto& [name, column] : kColumnNames) {
        if (s.columns.*column)
            names.emplace_back(name);
    }
    return names;
}

double bytesPerTokenAndSite(const TraceSummary& s)
{
    const auto cells = static_cast<double>(s.numTokens) * static_cast<double>(s.sites.size());
    return cells > 0 ? static_cast<double>(s.fileBytes) / cells : 0;
}

/// Names out of a file must not reach a terminal as control codes.
std::string withoutControls(std::string text)
{
    for (auto& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            c = ' ';
    }
    return text;
}

void row(const char* name, const std::string& value)
{
    if (value.empty())
        return;
    constexpr std::size_t kIndent = 17;
    std::string line = name;
    line.resize(std::max(line.size() + 1, kIndent), ' ');
    line += withoutControls(value);
    // Programs that read this have a line each; people have a window.
    static const std::size_t width = isatty(STDOUT_FILENO) ? pageOf(false).width : std::string::npos;
    std::fputs((displayWidth(line) <= width ? line + '\n' : wrapped(line, width, kIndent)).c_str(), stdout);
}

/// "layers 3-26", "layers 1, 4", "layers 1, 3, …, 47": those of sites in a row.
std::string layersText(std::span<const Site> sites)
{
    const auto layer = [&](std::size_t i) { return std::to_string(sites[i].layer); };
    if (sites.size() == 1)
        return "layer " + layer(0);
    const int step = sites[1].layer - sites[0].layer;
    bool even = step > 0;
    for (std::size_t i = 1; i < sites.size(); ++i)
        even &= sites[i].layer - sites[i - 1].layer == step;
    if (even && step == 1)
        return "layers " + layer(0) + "-" + layer(sites.size() - 1);
    if (even && sites.size() > 3)
        return "layers " + layer(0) + ", " + layer(1) + ", …, " + layer(sites.size() - 1);
    std::string text;
    for (std::size_t i = 0; i < sites.size();) {
        std::size_t last = i;
        while (last + 1 < sites.size() && sites[last + 1].layer == sites[last].layer + 1)
            ++last;
        addPart(text, last > i + 1 ? layer(i) + "-" + layer(last) : layer(i));
        i = last > i + 1 ? last + 1 : i + 1;
    }
    return "layers " + text;
}

/// One line for each run of sites that differ in nothing but their layer.
void printSites(const std::vector<Site>& sites)
{
    for (std::size_t first = 0; first < sites.size();) {
        std::size_t last = first;
        auto like = sites[first];
        while (last + 1 < sites.size()) {
            like.layer = sites[last + 1].layer;
            if (!(like == sites[last + 1]))
                break;
            ++last;
        }
        const auto& s = sites[first];
        auto text = first == last ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last);
        text += ": " + layersText(std::span(sites).subspan(first, last - first + 1));
        text += ", " + std::string(kindName(s.kind)) + ", " + std::to_string(s.numExperts) + " experts, top "
            + std::to_string(s.topK);
        if (s.numShared > 0)
            text += ", " + std::to_string(s.numShared) + " shared";
        text += ", " + std::string(scoreName(s.score)) + ", renormalised by " + renormName(s.renormalisation);
        char scaling[32];
        std::snprintf(scaling, sizeof scaling, ", scaled by %g", static_cast<double>(s.scaling));
        if (s.scaling != 1)
            text += scaling;
        row(first == 0 ? "sites" : "", text);
        first = last + 1;
    }
}

void printTable(const std::string& file, const TraceSummary& s, const SummaryFile* answers)
{
    const auto& p = s.provenance;
    row("file", file);
    if (answers)
        row("summary", grouped(answers->size()) + " answers, no tokens, " + grouped(answers->bytes()) + " bytes; of this trace:");
    row("trace", s.complete ? "complete" : "INCOMPLETE: the capture was stopped or interrupted");
    row("format", s.formatVersion + ", by " + s.creator + " " + s.creatorVersion + " (" + s.source + "), " + s.created);
    row("uuid", s.uuid);
    row("model", p.modelId);
    row("architecture",
        p.modelType + " (" + p.architecture + "), " + std::to_string(p.numHiddenLayers) + " layers, hidden size "
            + std::to_string(p.hiddenSize));
    row("tokens", grouped(s.numTokens));
    row("sequences", grouped(s.numSequences));
    row("labels", s.labels.empty() ? "none" : joined(s.labels));
    row("columns", joined(columnNames(s)));
    printSites(s.sites);
    char perCell[64];
    std::snprintf(perCell, sizeof perCell, " (%.2f a token and site)", bytesPerTokenAndSite(s));
    row("bytes", grouped(s.fileBytes) + perCell);
    for (const auto& [key, value] : p.attributes)
        row(withoutControls(key).c_str(), value);
}

void printJson(const std::string& file, const TraceSummary& s, const SummaryFile* answers, const TraceCheck* check)
{
    nlohmann::ordered_json json;
    json["file"] = file;
    if (answers)
        json["summary"] = {{"answers", answers->size()}, {"bytes", answers->bytes()}};
    json["format_version"] = s.formatVersion;
    json["uuid"] = s.uuid;
    json["created"] = s.created;
    json["creator"] = s.creator;
    json["creator_version"] = s.creatorVersion;
    json["source"] = s.source;
    json["complete"] = s.complete;
    json["tokens"] = s.numTokens;
    json["sequences"] = s.numSequences;
    json["slots"] = s.numSlots;
    json["labels"] = s.labels;
    json["columns"] = columnNames(s);
    json["bytes"] = s.fileBytes;
    json["bytes_per_token_and_site"] = bytesPerTokenAndSite(s);
    auto& model = json["model"];
    model["id"] = s.provenance.modelId;
    model["type"] = s.provenance.modelType;
    model["architecture"] = s.provenance.architecture;
    model["hidden_layers"] = s.provenance.numHiddenLayers;
    model["hidden_size"] = s.provenance.hiddenSize;
    auto& sites = json["sites"];
    sites = nlohmann::json::array();
    for (const auto& site : s.sites) {
        sites.push_back({{"layer", site.layer}, {"kind", kindName(site.kind)}, {"experts", site.numExperts},
            {"top_k", site.topK}, {"shared", site.numShared}, {"score", scoreName(site.score)},
            {"renormalisation", renormName(site.renormalisation)}, {"scaling", site.scaling}});
    }
    json["provenance"] = s.provenance.attributes;
    if (check)
        json["check"] = findingsJson(*check);
    std::printf("%s\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

struct Options
{
    std::string file;
    bool json = false, check = false;
};

int run(const Options& options)
{
    std::shared_ptr<const SummaryFile> answers;
    const auto summary = [&]() -> Expected<TraceSummary> {
        auto ofTrace = TraceFile::summary(options.file);
        if (ofTrace || !isSummary(options.file))
            return ofTrace;
        ES_ASSIGN(NamedTrace trace, openSummary(options.file));
        answers = trace.answers;
        return std::move(trace.summary);
    }();
    if (!summary) {
        std::fprintf(stderr, "expertscope info: %s\n", summary.error().message().c_str());
        return 1;
    }
    std::optional<TraceCheck> check;
    if (options.check && answers) {
        std::fprintf(stderr, "expertscope info: %s: is a summary: there are no tokens to check\n", options.file.c_str());
        return 1;
    }
    if (options.check) {
        auto checked = checkWithProgress(options.file);
        if (!checked) {
            std::fprintf(stderr, "expertscope info: %s\n", checked.error().message().c_str());
            return 1;
        }
        check = std::move(*checked);
    }
    if (options.json)
        printJson(options.file, *summary, answers.get(), check ? &*check : nullptr);
    else
        printTable(options.file, *summary, answers.get());
    if (!check)
        return 0;
    if (!options.json)
        std::fputs(findingsText(*check).c_str(), stdout);
    return findingsStatus("info", options.file, *check);
}

Run declare(Arguments& arguments)
{
    const auto options = std::make_shared<Options>();
    arguments.option("FILE", options->file, "the trace").required();
    arguments.flag("--check", options->check, "read all of it, and say what contradicts the format or itself");
    arguments.flag("--json", options->json, "for programs");
    return [options] { return run(*options); };
}

}

Command infoCommand()
{
    return {"info", "Describe a trace: model, sites, tokens, labels, provenance", declare};
}

}
