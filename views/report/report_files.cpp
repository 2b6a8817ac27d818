// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/report/report_files.h"

#include "views/figure/pdf_patch.h"

namespace expertscope {

namespace {

constexpr std::size_t kMostBytes = 64u << 20; ///< that are looked through for what makes a report ours

bool isReport(const std::filesystem::path& path)
{
    const std::string bytes = headOf(path, kMostBytes);
    if (bytes.starts_with("<!DOCTYPE html>"))
        return bytes.substr(0, 4096).find(kReportMark) != std::string::npos;
    return pdfSays(QByteArray::fromStdString(bytes), kReportMark);
}

}

Expected<Output> reportOutput(const std::filesystem::path& path, std::vector<std::filesystem::path> inputs, bool force)
{
    if (path.extension() != ".html" && path.extension() != ".pdf")
        return fail("is no kind of report this program writes", path.string(), "name it .html or .pdf");
    return Output{path, {.name = "a report", .recognises = isReport, .needsFile = true}, std::move(inputs), force};
}

Expected<void> writeReport(const Report& report, const Output& output)
{
    ES_ASSIGN(const QByteArray bytes, output.path.extension() == ".pdf" ? reportPdf(report) : reportHtml(report));
    return writeOutput(output, {bytes.constData(), std::size_t(bytes.size())});
}

}
