// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fake_chart.h"
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "views/widgets/chart_view.h"
#include "views/widgets/elided_label.h"
#include "views/widgets/filter_bar.h"
#include "views/widgets/overflow_row.h"
#include "views/widgets/result_table_model.h"
#include "views/widgets/theme.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QTest>
#include <QToolButton>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// Draws FakeData as a row of cells, one an expert of site 0.
class FakeDrawing final : public Chart
{
public:
    FakeDrawing(const FakeData& data, const Look& look)
        : m_data(data)
    {
        auto map = std::make_shared<HeatMap>();
        std::vector<float> values(data.counts.begin(), data.counts.end());
        map->values = Pyramid(1, data.counts.size(), std::move(values));
        auto picture = std::make_shared<Picture>();
        std::vector<int> names(data.counts.size());
        for (std::size_t i = 0; i < names.size(); ++i)
            names[i] = int(i);
        Panel panel;
        panel.x = {"Expert", Axis::Scale::Cells, 0, 0, false, names};
        panel.y = {"Layer", Axis::Scale::Cells, 0, 0, false, {1}};
        panel.layers.emplace_back(HeatMapPtr(std::move(map)));
        picture->panels.push_back(std::move(panel));
        ColourKey key;
        key.scale.table = colourTable(look.colours).value();
        key.scale.low = look.limits->first;
        key.scale.high = look.limits->second;
        key.title = "Choices";
        picture->key = key;
        m_picture = picture;
    }
    PicturePtr picture() const override { return m_picture; }
    std::optional<Subject> subject(const Mark& mark) const override
    {
        return Subject{.site = SiteIndex(0), .expert = ExpertIndex(std::uint16_t(mark.column))};
    }
    std::vector<Mark> marks(const Subject& subject) const override
    {
        std::vector<Mark> marks;
        for (std::uint32_t c = 0; c < m_data.counts.size(); ++c) {
            if (agree(subject, *this->subject({0, 0, 0, c})))
                marks.push_back({0, 0, 0, c});
        }
        return marks;
    }
    QString readout(const Mark& mark) const override { return QString("expert %1").arg(mark.column); }
    QByteArray csv() const override
    {
        QByteArray csv = "count\n";
        for (const std::uint64_t count : m_data.counts)
            csv += QByteArray::number(qulonglong(count)) + '\n';
        return csv;
    }

private:
    FakeData m_data;
    PicturePtr m_picture;
};

Expected<ChartPtr> drawFake(const ChartDataPtr& data, const Parameters&, Look& look)
{
    const auto& fake = static_cast<const FakeData&>(*data);
    if (look.colours.isEmpty())
        look.colours = "viridis";
    look.scale = ScaleKind::Linear;
    if (!look.limits)
        look.limits = {0, double(*std::ranges::max_element(fake.counts))};
    look.reducer = look.reducer.value_or(Reducer::Max);
    return std::make_shared<FakeDrawing>(fake, look);
}

}

class TestWidgets : public QObject
{
    Q_OBJECT

    std::shared_ptr<MemoryTrace> m_trace;
    std::shared_ptr<std::atomic<int>> m_computed;
    ChartSpec m_chart;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<ChartView> m_view;
    bool m_slow = false;

    bool open()
    {
        m_session->open({"small.h5"});
        return QTest::qWaitFor([this] { return m_view->page() == ChartView::Page::Picture; }, 5000);
    }
    ChartWidget* plot() const { return m_view->widget(); }
    template <class T> T* option(const char* name) const { return m_view->findChild<T*>(name); }

private slots:
    void init()
    {
        m_slow = false;
        m_trace = smallTrace();
        m_computed = std::make_shared<std::atomic<int>>(0);
        m_chart = fakeChart("one", "balance", m_computed);
        m_chart.draw = drawFake;
        m_session = std::make_unique<Session>([this](const auto&) -> Expected<StudyPtr> {
            if (m_slow)
                return studyOf(std::make_shared<SlowSource>(smallTrace(200), 10));
            return studyOf(m_trace);
        });
        m_view = std::make_unique<ChartView>(*m_session, m_chart);
        m_view->resize(700, 400);
        m_view->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_view.get()));
    }
    void cleanup()
    {
        m_view.reset();
        m_session.reset();
    }

    void asksOnlyWhenItIsSeen()
    {
        m_view->hide();
        m_session->open({"small.h5"});
        QTRY_VERIFY(m_session->study());
        QTest::qWait(30);
        QCOMPARE(m_computed->load(), 0);
        m_view->show();
        QTRY_COMPARE(m_view->page(), ChartView::Page::Picture);
    }

    void optionsComeFromTheChart()
    {
        QVERIFY(open());
        QCOMPARE(option<QDoubleSpinBox>("top")->value(), 3.0);
        QCOMPARE(option<QComboBox>("sort")->count(), 2);
        option<QComboBox>("sort")->setCurrentIndex(1);
        emit option<QComboBox>("sort")->activated(1);
        QCOMPARE(m_view->state().options().text("sort"), std::string("load"));
        QCOMPARE(m_computed->load(), 1); // only drawn anew
        option<QDoubleSpinBox>("top")->setValue(5);
        QTRY_COMPARE(m_computed->load(), 2);
        m_session->undo().undo();
        QCOMPARE(option<QDoubleSpinBox>("top")->value(), 3.0);
        m_session->undo().undo();
        QCOMPARE(option<QComboBox>("sort")->currentIndex(), 0);
        QVERIFY(!m_session->undo().canUndo());
    }

    void keysKeepDropAndPop()
    {
        QVERIFY(open());
        plot()->setCurrent(Mark{0, 0, 0, 7});
        QTest::keyClick(plot(), Qt::Key_I);
        QCOMPARE(m_session->filters().scope().chose, std::vector{(ExpertAt{SiteIndex(0), ExpertIndex(7)})});
        QTest::keyClick(plot(), Qt::Key_E);
        QVERIFY(m_session->filters().scope().chose.empty());
        QCOMPARE(m_session->filters().scope().spared, std::vector{(ExpertAt{SiteIndex(0), ExpertIndex(7)})});
        QTest::keyClick(plot(), Qt::Key_Backspace);
        QVERIFY(m_session->filters().steps().empty());
        QTRY_VERIFY(!m_view->loading());
        QTest::keyClick(plot(), Qt::Key_W);
        QVERIFY(plot()->isZoomed());
        plot()->fit();
        QVERIFY(!plot()->isZoomed());
        QTest::keyClick(plot(), Qt::Key_Return, Qt::ShiftModifier);
        QTest::keyClick(plot(), Qt::Key_Right);
        QTest::keyClick(plot(), Qt::Key_Return, Qt::ShiftModifier);
        QCOMPARE(m_session->selection().pins().size(), std::size_t(2));
        QCOMPARE(plot()->pinnedMarks(), (std::vector<Mark>{{0, 0, 0, 7}, {0, 0, 0, 8}}));
    }

    void keysOfAChartChangeItsOptions()
    {
        const ChartSpec& flow = *findChart("flow").value();
        ChartView view(*m_session, flow);
        view.resize(600, 400);
        view.show();
        QVERIFY(open());
        QTRY_COMPARE(view.page(), ChartView::Page::Picture);
        const auto text = [&](const char* name) { return QString::fromStdString(view.state().options().text(name)); };
        QUndoStack& undo = m_session->undo();
        const int before = undo.index();
        QTest::keyClick(view.widget(), ']');
        QCOMPARE(text("most"), QString("192"));
        QTest::keyClick(view.widget(), '[');
        QTest::keyClick(view.widget(), '[');
        QCOMPARE(text("most"), QString("48"));
        QCOMPARE(undo.index(), before + 3);
        QTest::keyClick(view.widget(), Qt::Key_N); // three options, one step
        QCOMPARE(text("least_z") + text("least_lift") + text("least_tokens"), QString("000"));
        QCOMPARE(undo.index(), before + 4);
        undo.undo();
        QCOMPARE(text("least_z") + '/' + text("least_lift") + '/' + text("least_tokens"), QString("4/1.5/20"));
        QTest::keyClick(view.widget(), Qt::Key_T);
        QCOMPARE(text("choices"), QString("first"));
        // Nothing is pinned: nothing to do, and no empty step.
        const int steps = undo.index();
        QTest::keyClick(view.widget(), Qt::Key_P);
        QCOMPARE(undo.index(), steps);
        m_session->selection().choose({.site = SiteIndex(1), .expert = ExpertIndex(3)}, this);
        QTest::keyClick(view.widget(), Qt::Key_P);
        QCOMPARE(text("focus"), QString("1:3"));
        QTest::keyClick(view.widget(), Qt::Key_P);
        QCOMPARE(text("focus"), QString());
        // The end of what there may be is no step.
        VERIFY_OK(view.state().setOption("most", "1"));
        const int least = undo.index();
        QTest::keyClick(view.widget(), '[');
        QCOMPARE(undo.index(), least);
        QTRY_COMPARE(view.page(), ChartView::Page::Picture);
    }

    void marksOfOthersAreShownOwnOnesNotTwice()
    {
        QVERIFY(open());
        ChartView other(*m_session, m_chart);
        other.resize(400, 300);
        other.show();
        QTRY_COMPARE(other.page(), ChartView::Page::Picture);
        QCOMPARE(m_computed->load(), 1); // known
        plot()->setCurrent(Mark{0, 0, 0, 5});
        QCOMPARE(other.widget()->hoveredMarks(), (std::vector<Mark>{{0, 0, 0, 5}}));
        QVERIFY(!other.widget()->current());
        plot()->setCurrent({});
        QVERIFY(other.widget()->hoveredMarks().empty());
        m_session->selection().choose({.site = SiteIndex(0)}, this);
        QCOMPARE(plot()->pinnedMarks().size(), std::size_t(16));
    }

    void aDragIsNoClick()
    {
        QVERIFY(open());
        QWidget* canvas = plot()->childAt(plot()->rect().center());
        const QPoint at = canvas->mapFrom(plot(), plot()->placeOf({0, 0, 0, 4}));
        QTest::mousePress(canvas, Qt::LeftButton, {}, at);
        QTest::mouseMove(canvas, at + QPoint(40, 0));
        QTest::mouseRelease(canvas, Qt::LeftButton, {}, at + QPoint(40, 0));
        QVERIFY(m_session->selection().pins().empty());
        QTest::mouseClick(canvas, Qt::LeftButton, {}, at);
        QCOMPARE(m_session->selection().chosen().expert, std::optional(ExpertIndex(4)));
    }

    void loadingKeepsTheOldPictureAndCanBeStopped()
    {
        m_slow = true;
        m_session->open({"slow.h5"});
        QTRY_VERIFY(m_view->loading());
        QVERIFY(option<QToolButton>("stop")->isVisible());
        QElapsedTimer timer;
        timer.start();
        option<QToolButton>("stop")->click();
        QVERIFY(!m_view->loading() && !option<QToolButton>("stop")->isVisible());
        QCOMPARE(m_view->errorText(), QString("stopped before it was computed"));
        option<QPushButton>("chartRetry")->click();
        QVERIFY(m_view->loading());
        QVERIFY(m_view->stop());
        QVERIFY(!m_view->stop());
    }

    void aSampleIsShownAndSaysSo()
    {
        m_trace = traceOfManySequences();
        m_session->setPatience(1e-6);
        std::atomic<bool> goOn = false;
        m_chart.compute = [&goOn, compute = m_chart.compute](
                              const Study& study, const ChartQuestion& question, const Progress& progress) {
            while (question.scope.sample == 0 && !goOn && progress(0))
                QThread::msleep(1);
            return compute(study, question, progress);
        };
        QVERIFY(open());
        const auto* note = option<QLabel>("sample");
        QVERIFY(m_view->loading() && note->isVisible() && m_view->chart());
        QCOMPARE(note->text(), QString("Sample of 32 sequences; all follow"));
        QVERIFY(plot()->rect().contains(note->geometry()));
        QCOMPARE(m_view->shownQuestion().scope.sample, 32u);
        m_view->resize(400, 250);
        QTRY_VERIFY(plot()->rect().contains(note->geometry()) && note->y() > plot()->height() / 2);
        QVERIFY(m_view->stop()); // what there is stays
        QVERIFY(!m_view->loading() && m_view->chart());
        QCOMPARE(m_view->page(), ChartView::Page::Picture);
        QCOMPARE(note->text(), QString("Sample of 32 sequences; stopped there"));
        m_view->ask();
        goOn = true;
        QTRY_VERIFY(!m_view->loading());
        QVERIFY(!note->isVisible());
        QCOMPARE(m_view->shownQuestion().scope.sample, 0u);
    }

    void errorsAreSaid()
    {
        m_chart.compute = [](const Study&, const ChartQuestion&, const Progress&) -> Expected<ChartDataPtr> {
            return fail("needs router logits", "small.h5", "capture --logits");
        };
        m_session->open({"small.h5"});
        QTRY_COMPARE(m_view->page(), ChartView::Page::Error);
        QCOMPARE(m_view->errorText(), QString("small.h5: needs router logits (capture --logits)"));
    }

    void valuesAreTypedIntoThePicker()
    {
        m_trace = scoredTrace(2, 8, 50);
        FilterBar bar(*m_session);
        bar.show();
        QVERIFY(open());
        bar.openPicker();
        auto* search = bar.findChild<QLineEdit*>("filterSearch");
        auto* says = bar.findChild<QLabel*>("filterSays");
        QVERIFY2(says->text().startsWith("Or a recorded value, such as loss>=4"), qPrintable(says->text()));
        search->setText("loss>=");
        QVERIFY2(says->text().startsWith("Such as loss"), qPrintable(says->text()));
        search->setText("loss>=2");
        QCOMPARE(says->text(), QString::fromUtf8("Tokens with loss ≥ 2"));
        QTest::keyClick(search, Qt::Key_Return, Qt::ShiftModifier); // the others
        QCOMPARE(valueConditionTexts(m_session->filters().scope().values), std::vector<std::string>{"loss<2"});
        QTRY_VERIFY(bar.countText().contains(" of 300 tokens"));
    }

    void filterBarCountsAddsAndTakesOut()
    {
        FilterBar bar(*m_session);
        bar.resize(700, 40);
        bar.show();
        QVERIFY(open());
        QTRY_COMPARE(bar.countText(), QString("400 tokens · 4 sequences"));
        bar.openPicker();
        auto* search = bar.findChild<QLineEdit*>("filterSearch");
        auto* values = bar.findChild<QListView*>("filterValues");
        QCOMPARE(values->model()->rowCount(), 3);
        QVERIFY(values->model()->index(0, 0).data().toString().contains("language = de"));
        QVERIFY(values->model()->index(0, 0).data().toString().contains("2 sequences"));
        search->setText("FR");
        QCOMPARE(values->model()->rowCount(), 1);
        QTest::keyClick(search, Qt::Key_Return, Qt::ShiftModifier);
        QCOMPARE(m_session->filters().scope().without, std::vector{(LabelFilter{"language", "fr"})});
        QTRY_COMPARE(bar.countText(), QString("300 of 400 tokens · 3 of 4 sequences"));
        m_session->filters().keep({.site = SiteIndex(0), .expert = ExpertIndex(2)});
        QCOMPARE(bar.findChildren<QToolButton*>("chipRemove").size(), 3); // one of them on its way out
        QTest::qWait(10);
        auto chips = bar.findChildren<QToolButton*>("chipRemove");
        QCOMPARE(chips.size(), 2);
        QVERIFY(chips[0]->toolTip().contains("language!=fr"));
        chips[0]->click();
        QVERIFY(m_session->filters().scope().without.empty());
        bar.findChild<QToolButton*>("filterClear")->click();
        QVERIFY(m_session->filters().steps().empty());
        QTRY_COMPARE(bar.countText(), QString("400 tokens · 4 sequences"));
    }

    void rowsOverflowBehindAButton()
    {
        OverflowRow row("More");
        for (int i = 0; i < 5; ++i) {
            auto* button = new QPushButton(QString("Button %1").arg(i));
            row.add(button);
        }
        row.show();
        row.resize(row.sizeHint());
        QTest::qWait(1);
        const auto inRow = [&] { return row.findChildren<QPushButton*>(Qt::FindDirectChildrenOnly).size(); };
        QCOMPARE(inRow(), 5);
        QVERIFY(!row.findChild<QToolButton*>()->isVisible());
        row.resize(row.sizeHint().width() / 2, row.height());
        QTest::qWait(1);
        QVERIFY(inRow() < 5 && inRow() > 0);
        QVERIFY(row.findChild<QToolButton*>()->isVisible());
        QVERIFY(row.minimumSizeHint().width() < 60);
        row.findChildren<QPushButton*>()[0]->hide(); // gives its room back
        row.resize(row.sizeHint());
        QTest::qWait(1);
        QVERIFY(!row.findChild<QToolButton*>()->isVisible());
    }

    void elidedLabelsNeverWiden()
    {
        ElidedLabel label;
        label.setText("Layer 5 · expert 27 · 3,402 choices · share 4.2 %");
        label.resize(80, 20);
        label.show();
        QCOMPARE(label.minimumSizeHint().width(), 0);
        QVERIFY(label.QLabel::text().endsWith(QStringLiteral("…")));
        QCOMPARE(label.toolTip(), label.text());
        label.resize(1000, 20);
        QTest::qWait(1);
        QCOMPARE(label.QLabel::text(), label.text());
        QVERIFY(label.toolTip().isEmpty());
    }

    void tablesSortByValue()
    {
        ResultTableModel model;
        const QAbstractItemModelTester tester(&model);
        model.setTable({{"a", "tip"}}, {{{{10.0}}}, {{{9.0}}}, {{{{}, {}, "why"}}}, {{{100.0}}}, {{{1.0}}, {}, true}});
        ResultTableSorter sorted;
        sorted.setSourceModel(&model);
        const auto shown = [&] {
            QStringList all;
            for (int r = 0; r < sorted.rowCount(); ++r)
                all << sorted.index(r, 0).data().toString();
            return all;
        };
        sorted.sort(0, Qt::AscendingOrder);
        QCOMPARE(shown(), QStringList({"9.00", "10.0", "100", "–", "1.00"}));
        sorted.sort(0, Qt::DescendingOrder);
        QCOMPARE(shown(), QStringList({"100", "10.0", "9.00", "–", "1.00"}));
        QCOMPARE(model.index(2, 0).data(Qt::ToolTipRole).toString(), QString("why"));
    }
};

EXPERTSCOPE_TEST(TestWidgets)
#include "tst_widgets.moc"
