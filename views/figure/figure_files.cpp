// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/figure/figure_files.h"

#include "io/base/output.h"
#include "io/base/output_place.h"
#include "views/figure/pdf_patch.h"

#include <QDir>
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
                if (suffix == "eps")
                    return bytes.startsWith("%!PS-Adobe") && bytes.contains(kMark);
                if (suffix == "png")
                    return bytes.startsWith("\x89PNG") && bytes.contains(QByteArray("Software\0expertscope", 20));
                return pdfSays(bytes, kMark);
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

QString suffixOf(const QString& path)
{
    return QFileInfo(path).suffix().toLower();
}

/// In the order of figureFiles().
Expected<std::vector<Output>> outputsOf(const QStringList& figures, const WriteOptions& options)
{
    std::vector<Output> outputs;
    for (const QString& name : figureFiles(figures, options.alone)) {
        const QString suffix = suffixOf(name);
        const bool figure = outputs.size() < std::size_t(figures.size());
        if (figure && !kFigureFormats.contains(suffix))
            return fail("is no kind of figure this program writes", name.toStdString(),
                "name it .pdf, .svg, .png or .eps");
        outputs.push_back({name.toStdString(), figure ? figureKind(suffix) : suffix == "csv" ? dataKind() : specKind(),
            options.inputs, options.force});
    }
    return outputs;
}

Expected<QByteArray> rendered(const Figure& figure, const QString& suffix, bool outlines)
{
    if (suffix == "pdf")
        return renderPdf(figure);
    if (suffix == "eps")
        return renderEps(figure);
    if (suffix == "png")
        return renderPng(figure);
    return outlines ? renderOutlinedSvg(figure) : renderSvg(figure);
}

/// How to do without the files beside the figure.
Error besideIt(Error error, const QStringList& figures)
{
    if (!figures.contains(QString::fromStdString(error.where)) && !error.hint.empty())
        error.hint += ", --alone writes nothing beside the figure";
    return error;
}

}

QStringList figureFiles(const QStringList& figures, bool alone)
{
    QStringList files = figures, beside;
    for (const QString& path : figures) {
        const QFileInfo info(path);
        const QString stem = QDir::cleanPath(info.path() + '/' + info.completeBaseName());
        beside << stem + ".csv" << stem + ".json";
    }
    beside.removeDuplicates();
    return alone ? files : files + beside;
}

Expected<void> checkFigureFiles(const QStringList& figures, const WriteOptions& options)
{
    ES_ASSIGN(std::vector<Output> outputs, outputsOf(figures, options));
    // A spec that was read may stand where it is to be written: whether it would stay what it is shows then.
    std::erase_if(outputs, [&](const Output& output) {
        if (output.path.extension() != ".json")
            return false;
        const auto there = identityOf(output.path);
        return std::ranges::any_of(
            options.inputs, [&](const fs::path& input) { return there && identityOf(input) == there; });
    });
    if (auto checked = checkOutputs(outputs); !checked)
        return tl::unexpected(besideIt(std::move(checked).error(), figures));
    return {};
}

Expected<QStringList> writeFigure(const Figure& figure, const QStringList& figures, const WriteOptions& options)
{
    ES_ASSIGN(const std::vector<Output> outputs, outputsOf(figures, options));
    const QByteArray spec = writeFigureSpec(figure.spec);
    std::vector<QByteArray> pages; // then the files beside them
    for (const QString& path : figures) {
        ES_ASSIGN(QByteArray page, rendered(figure, suffixOf(path), options.outlines));
        pages.push_back(std::move(page));
    }
    std::vector<OutputPart> parts;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        if (i >= pages.size())
            pages.push_back(outputs[i].path.extension() == ".csv" ? figure.csv() : spec);
        parts.push_back({outputs[i], {pages[i].constData(), std::size_t(pages[i].size())}});
    }
    if (auto written = writeOutputs(parts); !written)
        return tl::unexpected(besideIt(std::move(written).error(), figures));
    return figureFiles(figures, options.alone);
}

}
