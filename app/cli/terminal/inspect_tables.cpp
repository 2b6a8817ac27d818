// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/inspect_tables.h"

#include "analysis/inspect/inspection_rows.h"
#include "analysis/inspect/random_rows.h"
#include "app/cli/terminal/table.h"
#include "io/base/grouped.h"
#include "io/base/text.h"

#include <algorithm>

namespace expertscope {

namespace inspect {
namespace {

using Align = TextTable::Align;

/// Three digits, whatever the magnitude.
std::string threeDigits(double value)
{
    if (value == 0)
        return "0";
    return format(value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : value >= 1 ? "%.2f" : "%.3g", value);
}

/// "30.5 GB", "402 MB": powers of ten, as memory of cards is told.
std::string bytesText(double bytes)
{
    for (const auto& [unit, name] : {std::pair(1e12, " TB"), {1e9, " GB"}, {1e6, " MB"}, {1e3, " kB"}}) {
        if (bytes >= unit)
            return threeDigits(bytes / unit) + name;
    }
    return format("%.0f bytes", bytes);
}

std::string secondsText(double seconds)
{
    for (const auto& [unit, name] : {std::pair(1., " s"), {1e-3, " ms"}}) {
        if (seconds >= unit)
            return threeDigits(seconds / unit) + name;
    }
    return threeDigits(seconds * 1e6) + " us";
}

std::string lineOf(const std::string& name, const std::string& value, std::size_t width)
{
    constexpr std::size_t kIndent = 13;
    std::string line = name;
    line.resize(std::max(line.size() + 1, kIndent), ' ');
    return wrapped(line + printable(value), width, kIndent);
}

std::string sizeTable(const Sizes& sizes, std::size_t width)
{
    TextTable table;
    table.addColumn("part", Align::Left, true);
    table.addColumn("parameters", Align::Right);
    table.addColumn("share", Align::Right);
    table.addColumn(sizes.stored.estimated ? "stored, about" : "stored", Align::Right);
    const double all = sizes.counts.all();
    for (std::size_t p = 0; p < kNumModelParts; ++p) {
        const double count = sizes.counts.parts[p].all();
        if (count > 0)
            table.addRow({nameOf(ModelPart(p)), grouped(std::uint64_t(count)), format("%.2f %%", 100 * count / all),
                bytesText(sizes.stored.bytes[p])});
    }
    table.addRow({"all", grouped(std::uint64_t(all)), "", bytesText(sizes.stored.all())});
    table.addRow({"a token uses", grouped(std::uint64_t(sizes.counts.active)),
        format("%.2f %%", 100 * sizes.counts.active / all), ""});
    table.addRow({"one expert", grouped(std::uint64_t(sizes.counts.expert)),
        format("%.2f %%", 100 * sizes.counts.expert / all), ""});
    return table.toString(width);
}

std::string sizeLines(const Answer& answer, std::size_t width)
{
    const Sizes& sizes = *answer.sizes;
    std::string forms;
    for (const auto& [form, bytes] : sizes.stored.forms)
        addPart(forms, bytesText(bytes) + " " + form);
    if (sizes.stored.leftOut > 0)
        forms += "; " + bytesText(sizes.stored.leftOut) + " more in the files is not run";
    std::string text = lineOf("stored", forms, width);
    text += lineOf("widened", bytesText(2 * sizes.counts.all()) + " in bf16, " + bytesText(4 * sizes.counts.all()) + " in fp32", width);
    const CacheCount& cache = sizes.cache;
    const double context = double(answer.question.asked.context);
    std::string kept = bytesText(2 * (cache.whole + cache.windowed)) + " a token in 16 bits";
    if (cache.windowed > 0)
        kept += ", " + bytesText(2 * cache.windowed) + " of it for the last " + grouped(std::uint64_t(cache.window))
            + " tokens only";
    const double asItIs = cache.bytes(0); // of a sequence of any length
    if (asItIs > 0)
        kept += ", and " + bytesText(asItIs) + " a sequence whatever its length" + (cache.state > 0 ? " (states in 32 bits)" : "");
    kept += "; " + bytesText(cache.bytes(context)) + " for " + grouped(answer.question.asked.context) + " tokens";
    const ArchSpec& arch = *answer.subject.arch;
    return text + lineOf(arch.latent ? "latent cache" : asItIs > 0 ? "kept" : "KV cache", kept, width);
}

std::string captureLine(const Answer& answer, std::size_t width)
{
    const CaptureHere& here = answer.here;
    std::string text = "loads the model whole, in fp32 on the CPU: " + bytesText(here.weights) + " of weights";
    if (here.memory > 0)
        text += here.fits() ? ", in " + bytesText(double(here.memory)) + " of memory"
                            : ", which do NOT fit the " + bytesText(double(here.memory)) + " of memory";
    text += "; " + std::to_string(here.threads) + (here.threads == 1 ? " thread, " : " threads, ")
        + grouped(here.batchTokens) + " tokens a batch. With --device cuda " + bytesText(answer.sizes->captureCuda)
        + " in " + toString(answer.sizes->cudaType);
    return lineOf("capture here", text, width);
}

std::string machineTable(const Answer& answer, std::size_t width)
{
    TextTable table;
    table.addColumn("machine", Align::Left, true);
    for (const char* header : {"has", "needs", "resident", "streamed", "a token", "1,000 tokens"})
        table.addColumn(header, Align::Right);
    const std::string experts = " of " + std::to_string(answer.subject.arch->router.numExperts);
    std::string reasons;
    for (const Fit& fit : answer.fits) {
        table.addRow({printable(fit.machine), fit.memory > 0 ? bytesText(fit.memory) : "-", bytesText(fit.needed),
            !fit.residents ? "-" : fit.streamed == 0 ? "all" : format("%.0f", *fit.residents) + experts,
            fit.memory <= 0 ? "-" : fit.streamed > 0 ? bytesText(fit.streamed) : "none",
            fit.decode ? secondsText(*fit.decode) : "-", fit.prefill ? secondsText(*fit.prefill) : "-"});
        if (!fit.decode)
            reasons += wrapped(printable(fit.machine) + ": " + fit.notModelled, width, 2);
    }
    return "\nModelled, not measured\n" + table.toString(width) + reasons
        + wrapped("has, needs: memory of the GPU; all weights as stored and the cache of "
                + grouped(answer.question.asked.context)
                + " tokens. resident: experts of a layer that fit beside the rest; the others are streamed over the link "
                  "when a token chooses them, any as often as any other (a trace and simulate cache "
                  "know better). a token: of decoding. 1,000 tokens: of a prompt, as one batch. Weights and arithmetic "
                  "only (level 2 of the cost model): no attention over the context, no kernel launches.",
            width, 2);
}

/// With so many decimals, and no sign where they are all 0.
std::string cosineText(double cosine, int decimals)
{
    const std::string text = format(decimals == 3 ? "%.3f" : "%.4f", cosine);
    return text.starts_with('-') && text.find_first_not_of("-0.") == std::string::npos ? text.substr(1) : text;
}

std::string pairText(const Pair& pair)
{
    return std::to_string(pair.first) + ", " + std::to_string(pair.second);
}

std::string routerTable(const Answer& answer, std::size_t width)
{
    const bool biased = std::ranges::any_of(answer.routers, [](const auto& r) { return r.selectionBias.has_value(); });
    TextTable table;
    table.addColumn("layer", Align::Right, true);
    for (const char* header : {"norm", "sd", "min", "max", "mean cos", "largest", "experts", "directions"})
        table.addColumn(header, Align::Right);
    if (biased) {
        table.addColumn("bias min", Align::Right);
        table.addColumn("bias max", Align::Right, false, true);
    }
    std::string reasons;
    for (const RouterGeometry& router : answer.routers) {
        const RowGeometry& g = router.geometry;
        const bool norms = g.undefined.empty(), cosines = g.undefinedCosines.empty();
        const auto cell = [](bool there, const std::string& text) { return there ? text : std::string("-"); };
        std::vector<std::string> cells{std::to_string(router.layer), cell(norms, threeDigits(g.norm.mean)),
            cell(norms, threeDigits(g.norm.sd)), cell(norms, threeDigits(g.norm.least)),
            cell(norms, threeDigits(g.norm.most)), cell(cosines, cosineText(g.meanCosine, 4)),
            cell(cosines, cosineText(g.largest.cosine, 3)), cell(cosines, pairText(g.largest)),
            cell(cosines, format("%.1f", g.participation))};
        if (biased) {
            const auto& bias = router.selectionBias;
            cells.push_back(bias ? format("%.3g", bias->least) : "-");
            cells.push_back(bias ? format("%.3g", bias->most) : "-");
        }
        table.addRow(std::move(cells));
        for (const std::string& why : {g.undefinedCosines, router.undefinedBias}) {
            if (!why.empty())
                reasons += wrapped("layer " + std::to_string(router.layer) + ": " + printable(why), width, 2);
        }
    }
    const RowGeometry& like = answer.routers.front().geometry;
    std::string chance;
    if (like.rows > 1 && like.columns > 1) {
        chance = format("by chance: mean cos 0 ± %.2g", meanCosineSd(like.rows, like.columns))
            + format(", largest |cos| %.3f", expectedLargestCosine(like.rows, like.columns))
            + format(", %.1f directions", expectedParticipation(like.rows, like.columns)) + " of "
            + std::to_string(like.rows) + " random rows in " + grouped(like.columns) + " dimensions. ";
    }
    return "\nRows of the routers\n" + table.toString(width) + reasons
        + wrapped(chance
                + "largest: the cosine of the pair whose |cos| is largest, and its experts. directions: E^2 / sum of "
                  "squared cosines, E for orthogonal rows, 1 for rows all alike.",
            width, 2);
}


std::string expertTable(const Answer& answer, std::size_t width)
{
    TextTable table;
    table.addColumn("layer", Align::Right, true);
    for (const char* header : {"gate own", "|own|", "others", "up own", "others", "alike", "largest", "experts"})
        table.addColumn(header, Align::Right);
    std::string reasons;
    for (const ExpertGeometry& g : answer.experts) {
        std::vector<std::string> cells{std::to_string(g.layer)};
        for (const double value : {g.gate.own, g.gate.ownAbsolute, g.gate.others, g.up.own, g.up.others})
            cells.push_back(g.undefinedCoupling.empty() ? cosineText(value, 4) : "-");
        const bool known = g.undefined.empty();
        cells.push_back(known ? cosineText(g.meanCosine, 4) : "-");
        cells.push_back(known ? cosineText(g.largest.cosine, 4) : "-");
        cells.push_back(known ? pairText(g.largest) : "-");
        table.addRow(std::move(cells));
        for (const std::string& why : {g.undefinedCoupling, g.undefined}) {
            if (!why.empty())
                reasons += wrapped("layer " + std::to_string(g.layer) + ": " + printable(why), width, 2);
        }
    }
    const ExpertGeometry& like = answer.experts.front();
    const auto experts = std::size_t(answer.subject.arch->router.numExperts);
    std::string coupled, alike;
    if (like.elements > 1 && experts > 1) {
        coupled = format("; by chance 0, %.4f, 0", expectedAbsoluteCosine(like.hidden));
        alike = format("; by chance 0 ± %.2g", meanCosineSd(experts, like.elements))
            + format(", largest %.4f", expectedLargestCosine(experts, like.elements));
    }
    return "\nRouters and experts\n" + table.toString(width) + reasons
        + wrapped("gate, up: mean cosine of a router's row with the input rows of its own expert, mean of |cosine|, and of "
                  "the other experts' router rows with them"
                + coupled
                + ". alike: mean cosine of two experts' weights, all of an expert as one vector; largest: of the pair with "
                  "the largest |cosine|"
                + alike + '.',
            width, 2);
}

std::string allTables(const Answer& answer, std::size_t width)
{
    std::string text;
    for (const auto& [name, value] : describe(answer))
        text += lineOf(name == "refused" ? "REFUSED" : name, value, width);
    if (!answer.sizes)
        return text;
    text += sizeLines(answer, width) + captureLine(answer, width) + '\n' + sizeTable(*answer.sizes, width);
    if (!answer.fits.empty())
        text += machineTable(answer, width);
    if (!answer.routers.empty())
        text += routerTable(answer, width);
    if (!answer.experts.empty())
        text += expertTable(answer, width);
    return text;
}

}
}

std::string inspectTables(const inspect::Answer& answer, std::size_t width)
{
    return inspect::allTables(answer, width);
}

}
