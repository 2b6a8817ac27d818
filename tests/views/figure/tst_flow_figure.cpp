// SPDX-License-Identifier: GPL-3.0-or-later
//
// Ribbons on paper: areas of vector paths, one a ribbon.
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/charts/flow_trace.h"
#include "tests/views/figure/pdf_tools.h"
#include "tests/views/load_fixture.h"
#include "views/figure/figure.h"

#include <QFile>
#include <QTemporaryDir>
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
        NEEDS("qpdf");
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
        QTemporaryDir folder;
        QFile file(folder.filePath("flow.pdf"));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(*pdf) == pdf->size());
        file.close();
        std::size_t curves = 0, images = 0;
        for (const QByteArray& line : runTool("qpdf", {"--qdf", "--object-streams=disable", file.fileName(), "-"}).split('\n')) {
            curves += line.endsWith(" c");
            images += line.contains("/Subtype /Image");
        }
        QCOMPARE(curves, 2 * ribbons);
        QCOMPARE(images, std::size_t(0));
    }
};

EXPERTSCOPE_TEST(TestFlowFigure)
#include "tst_flow_figure.moc"
