// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/figure/figure_files.h"

#include "io/base/output.h"
#include "io/base/output_place.h"

#include <QFileInfo>

#include <algorithm>

namespace expertscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostBytes = 64u << 20; ///< that are looked through for what makes a figure ours

/// Stands in the description of each figure, behind the version.
constexpr const char* kMark = ", figure spec sha256:";

FileKind figureKind(const QString& suffix)
{
    return {.name = "a figure in " + suffix.toUpper().toStdString(),
        .recognises =
            [suffix](const fs::path& path) {
                const QByteArray bytes = QByteArray::fromStdString(headOf(path, kMostBytes));
                if (suffix == "svg")
                    return bytes.contains("<svg") && bytes.contains(kMark);
                if (suffix == "png")
                    return bytes.startsWith("\x89PNG") && bytes.contains(QByteArray("Software\0expertscope", 20));
                QByteArray wide; // as PDF has it
                for (const char* c = kMark; *c; ++c)
                    wide += QByteArray(1, '\0') + *c;
                return bytes.startsWith("%PDF-") && (bytes.contains(wide) || bytes.contains(kMark));
            },
        .needsFile = true};
}

FileKind dataKind()
{
    return {.name = "the data of a figure",
        .recognises =
            [](const fs::path& path) {
                const std::string head = headOf(path);
                const std::string line = head.substr(0, head.find('\n'));
                return line.starts_with("# expertscope ") && line.find(", figure ") != std::string::npos;
            },
        .needsFile = true};
}

FileKind specKind()
{
    return {.name = "a figure spec",
        .recognises =
            [](const fs::path& path) {
                const std::string head = headOf(path);
                return head.starts_with('{') && head.find("\"expertscope_figure\":") != std::string::npos;
            },
        .needsFile = true};
}

/// In the order of figureFiles().
Expected<std::vector<Output>> outputsOf(const QString& path, const WriteOptions& options)
{
    const QString suffix = QFileInfo(path).suffix().toLower();
    if (suffix != "pdf" && suffix != "svg" && suffix != "png")
        return fail("is no kind of figure this program writes", path.toStdString(), "name it .pdf, .svg or .png");
    const FileKind kinds[] = {figureKind(suffix), dataKind(), specKind()};
    std::vector<Output> outputs;
    for (const QString& name : figureFiles(path, options.alone))
        outputs.push_back({name.toStdString(), kinds[outputs.size()], options.inputs, options.force});
    return outputs;
}

/// How to do without the files beside the figure.
Error besideIt(Error error, const QString& path)
{
    if (error.where != path.toStdString() && !error.hint.empty())
        error.hint += ", --alone writes nothing beside the figure";
    return error;
}

}

QStringList figureFiles(const QString& path, bool alone)
{
    const QFileInfo info(path);
    const QString stem = info.path() + '/' + info.completeBaseName();
    return alone ? QStringList{path} : QStringList{path, stem + ".csv", stem + ".json"};
}

Expected<void> checkFigureFiles(const QString& path, const WriteOptions& options)
{
    ES_ASSIGN(std::vector<Output> outputs, outputsOf(path, options));
    // A spec that was read may stand where it is to be written: whether it would stay what it is shows then.
    if (!options.alone) {
        const auto there = identityOf(outputs.back().path);
        const auto isIt = [&](const fs::path& input) { return there && identityOf(input) == there; };
        if (std::ranges::any_of(options.inputs, isIt))
            outputs.pop_back();
    }
    if (auto checked = checkOutputs(outputs); !checked)
        return tl::unexpected(besideIt(std::move(checked).error(), path));
    return {};
}

Expected<QStringList> writeFigure(const Figure& figure, const QString& path, const WriteOptions& options)
{
    ES_ASSIGN(const std::vector<Output> outputs, outputsOf(path, options));
    const QString suffix = QFileInfo(path).suffix().toLower();
    ES_ASSIGN(const QByteArray page,
        suffix == "pdf"       ? renderPdf(figure)
            : suffix == "svg" ? renderSvg(figure)
                              : renderPng(figure));
    const QByteArray contents[] = {page, figure.csv, writeFigureSpec(figure.spec)};
    std::vector<OutputPart> parts;
    for (std::size_t i = 0; i < outputs.size(); ++i)
        parts.push_back({outputs[i], {contents[i].constData(), std::size_t(contents[i].size())}});
    if (auto written = writeOutputs(parts); !written)
        return tl::unexpected(besideIt(std::move(written).error(), path));
    return figureFiles(path, options.alone);
}

}
