// SPDX-License-Identifier: GPL-3.0-or-later
//
// Ribbons on paper: areas of vector paths, one a ribbon.
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/charts/flow_trace.h"
#include "tests/views/load_fixture.h"
#include "views/figure/figure.h"

#include <QTest>

using namespace expertscope;
using namespace expertscope::testing;

class TestFlowFigure : public QObject
{
    Q_OBJECT

private slots:
    /// B6 (9): a ribbon is one path with two curves; nothing else in the figure is curved.
    void aRibbonIsOnePath()
    {
        const auto trace = flowTrace(16, 2000);
        const Study study = studyOf({trace.get()});
        FigureSpec spec = loadSpec();
        spec.chart = "flow";
        spec.options = {{"choices", "first"}, {"most", "20"}};
        const auto figure = makeFigure(study, spec);
        VERIFY_OK(figure);
        std::size_t ribbons = 0;
        for (const auto& gap : std::get<RibbonsPtr>(figure->picture->panels[0].layers[0])->ribbons)
            ribbons += gap.size();
        QCOMPARE(ribbons, std::size_t(3 * 20));
        const auto pdf = renderPdf(*figure);
        VERIFY_OK(pdf);
        std::size_t curves = 0;
        for (qsizetype at = pdf->indexOf("stream\n"); at >= 0; at = pdf->indexOf("stream\n", at)) {
            at += 7;
            const qsizetype end = pdf->indexOf("endstream", at);
            if (end < 0)
                break;
            const QByteArray size("\x00\x10\x00\x00", 4); // as much as may come out of it
            for (const QByteArray& line : qUncompress(size + pdf->mid(at, end - at)).split('\n'))
                curves += line.trimmed().endsWith(" c");
            at = end + 9;
        }
        QCOMPARE(curves, 2 * ribbons);
        QVERIFY(!pdf->contains("/Subtype /Image"));
    }
};

EXPERTSCOPE_TEST(TestFlowFigure)
#include "tst_flow_figure.moc"
