// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/figure/figure.h"

#include "io/base/vector_state.h"
#include "views/figure/page.h"

#include <QTimeZone>

namespace expertscope {

namespace {

/// A title of the spec goes to all panels; one that is left open is what all panels have in common.
void resolveTitle(QString& title, Picture& picture, Axis Panel::*axis)
{
    if (!title.isEmpty()) {
        for (Panel& panel : picture.panels)
            (panel.*axis).title = title;
        return;
    }
    const QString& first = (picture.panels.front().*axis).title;
    if (std::ranges::all_of(picture.panels, [&](const Panel& panel) { return (panel.*axis).title == first; }))
        title = first;
}

}

Expected<Figure> makeFigure(const Study& study, const FigureSpec& spec, const Progress& progress)
{
    ES_TRY(checkFigureSpec(spec, "figure"));
    ES_ASSIGN(const ChartSpec* const chart, findChart(spec.chart));
    ChartQuestion question;
    question.scope = spec.scope;
    ES_ASSIGN(question.params, checkOptions(*chart, spec.options));
    freeUpperHalves(); // of Qt
    ES_ASSIGN(const ChartDataPtr data, chart->compute(study, question, progress));
    FigureSpec resolved = spec;
    resolved.options = question.params.all();
    ES_ASSIGN(const ChartPtr drawn, chart->draw(data, question.params, resolved.look));
    return makeFigure(drawn, resolved, figureDate(QString::fromStdString(study.traces().front().summary.created)));
}

Expected<Figure> makeFigure(ChartPtr chart, const FigureSpec& spec, const QDateTime& created)
{
    Figure figure;
    figure.spec = spec;
    figure.created = created;
    auto picture = std::make_shared<Picture>(*chart->picture());
    if (picture->panels.empty())
        return fail("has nothing to draw", "figure");
    resolveTitle(figure.spec.labels.x, *picture, &Panel::x);
    resolveTitle(figure.spec.labels.y, *picture, &Panel::y);
    picture->title = spec.labels.title;
    if (picture->key) {
        if (!spec.labels.colour.isEmpty())
            picture->key->title = spec.labels.colour;
        figure.spec.labels.colour = picture->key->title;
    }
    ES_ASSIGN(figure.spec.page, settledPage(picture, spec.page));
    figure.picture = std::move(picture);
    figure.chart = std::move(chart);
    ES_TRY(checkFigureSpec(figure.spec, "figure"));
    return figure;
}

QDateTime figureDate(const QString& traceCreated)
{
    bool ok = false;
    const qint64 epoch = qEnvironmentVariable("SOURCE_DATE_EPOCH").toLongLong(&ok);
    if (ok && epoch >= 0)
        return QDateTime::fromSecsSinceEpoch(epoch, QTimeZone::utc());
    const QDateTime created = QDateTime::fromString(traceCreated, Qt::ISODate);
    return created.isValid() ? created.toUTC() : QDateTime::fromSecsSinceEpoch(0, QTimeZone::utc());
}

}
