// SPDX-License-Identifier: GPL-3.0-or-later
//
// All that traces allow to say, for somebody who does not have them: what is remarkable first, then every chart. One
// file, made by `expertscope report`.
#pragma once

#include "analysis/results/remark_sentences.h"
#include "views/figure/figure.h"

#include <QByteArray>
#include <QList>
#include <QString>

#include <vector>

namespace expertscope {

/// A chart of the report.
struct ReportSection
{
    std::string chart;
    QString title, definition;
    QString command; ///< that draws it alone
    struct Drawing
    {
        QString caption; ///< which trace; empty where there is one
        Figure figure;
    };
    std::vector<Drawing> drawings; ///< of maps one a trace, and their difference
};

struct Report
{
    QString title; ///< "Routing of trace.h5"
    QString tokens; ///< which part was looked at; empty: all of it
    QDateTime created; ///< as of a figure: the same traces give the same bytes
    struct Trace
    {
        QString name;
        QList<std::pair<QString, QString>> facts;
    };
    std::vector<Trace> traces;
    results::RemarkPage remarks;
    std::vector<ReportSection> sections;
    QList<std::pair<QString, QString>> notDrawn; ///< title of a chart, and why
};

struct ReportRequest
{
    Scope scope;
    QString title; ///< empty: from the names of the traces
    QString arguments; ///< of the traces and the scope, for the commands that a reader may repeat
};

/// Computes and draws everything with the standard options of each chart; one pass over each trace serves the metrics. Two
/// traces are compared; of several, checkpoints of one training, maps are drawn of the first and the last. Needs a
/// QGuiApplication. Errors: the scope leaves nothing; no chart can be drawn; cancelled.
Expected<Report> makeReport(const Study& study, const ReportRequest& request, const Progress& progress = {});

/// One page that needs no network and no script, light and dark, for any width. Errors: those of renderSvg().
Expected<QByteArray> reportHtml(const Report& report);
/// Pages of A4, with an outline of the charts. Errors: those of a page.
Expected<QByteArray> reportPdf(const Report& report);

/// Lines that a report of either kind has in it.
inline constexpr const char* kReportMark = "expertscope report";

}
