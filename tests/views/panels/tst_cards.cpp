// SPDX-License-Identifier: GPL-3.0-or-later
//
// The cards: what they ask, show and say, and where their links lead.
#include "analysis/results/remark_sentences.h"
#include "analysis/spine/row_query.h"
#include "analysis/study/trace_analysis.h"
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "views/charts/wording.h"
#include "views/panels/expert_panel.h"
#include "views/panels/remarks_panel.h"
#include "views/panels/selection_panel.h"
#include "views/panels/sets_menu.h"
#include "views/panels/summary_panel.h"
#include "views/tokens/data/token_cursor.h"
#include "views/widgets/theme.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QTabBar>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace expertscope;
using namespace expertscope::testing;

class TestCards : public QObject
{
    Q_OBJECT

    std::unique_ptr<Session> m_session;

    bool open()
    {
        m_session->open({"scored.h5"});
        return QTest::qWaitFor([this] { return m_session->study() != nullptr; }, 5000);
    }
    void choose(int site, int expert) { m_session->selection().choose(subject(site, expert), this); }
    static Subject subject(int site, int expert)
    {
        return {.site = SiteIndex(std::uint16_t(site)), .expert = ExpertIndex(std::uint16_t(expert))};
    }
    /// Presses the first link that leads to such a subject.
    template <class Is> static bool follow(CardPanel& panel, const Is& is)
    {
        const auto& links = panel.card()->card().links;
        const auto found = std::ranges::find_if(links, [&](const CardLink& link) { return is(link.subject); });
        if (found == links.end())
            return false;
        emit panel.card()->anchorClicked(QUrl("link:" + QString::number(found - links.begin())));
        return true;
    }

private slots:
    void init()
    {
        applyTheme(Theme::Light);
        m_session = std::make_unique<Session>([trace = scoredTrace()](const auto& paths) -> Expected<StudyPtr> {
            return std::make_shared<const Study>(std::vector<NamedTrace>{{paths.front(), "scored", trace, {}}});
        });
    }
    void cleanup() { m_session.reset(); }

    void expertCardFollowsThePin()
    {
        ExpertPanel panel(*m_session);
        panel.show();
        QVERIFY(!panel.stateText().isEmpty()); // says what to do
        QVERIFY(open());
        QVERIFY(panel.stateText().contains("Click an expert"));
        choose(2, 9);
        QTRY_VERIFY(panel.showsCard());
        QCOMPARE(panel.profile().expert, (ExpertAt{SiteIndex(2), ExpertIndex(9)}));
        const QString text = panel.card()->toPlainText();
        QVERIFY(text.startsWith("Layer 3 · expert 9"));
        const auto load = m_session->study()->load(0, {});
        const std::uint64_t count = (*load)->count(SiteIndex(2), ExpertIndex(9));
        QVERIFY(text.contains(percentText(double(count) / double((*load)->choices[2])) + " (uniform 3.13 %)"));
        QVERIFY(text.contains(countText(count) + " of 2,400"));
        for (const char* part : {"Top tokens by lift", "Contexts", "Largest weight", "Lowest weight", "Label language",
                 "Label parallel", "Position in the sequence", "Chosen together with", "Before it: layer 2", "After it: layer 4"})
            QVERIFY2(text.contains(part), part);
        // The filters are respected.
        m_session->filters().add({LabelFilter{"language", "fr"}});
        QTRY_VERIFY(panel.profile().tokens == 800);
        Scope french;
        french.where = {{"language", "fr"}};
        QCOMPARE(panel.profile().chosen, (*m_session->study()->load(0, french))->count(SiteIndex(2), ExpertIndex(9)));
    }

    void linksOfTheExpertCardPin()
    {
        ExpertPanel panel(*m_session);
        panel.show();
        QVERIFY(open());
        choose(2, 9);
        QTRY_VERIFY(panel.showsCard());
        // A successor: its card comes, the one before stays as a tab.
        QVERIFY(follow(panel, [](const Subject& s) { return s.site == SiteIndex(3) && s.expert; }));
        const Subject next = m_session->selection().chosen();
        QCOMPARE(next.site, std::optional(SiteIndex(3)));
        QTRY_COMPARE(panel.profile().expert, (ExpertAt{SiteIndex(3), *next.expert}));
        auto* tabs = panel.findChild<QTabBar*>("experts");
        QCOMPARE(tabs->count(), 2);
        QCOMPARE(tabs->tabText(1), QString("3 · 9"));
        tabs->setCurrentIndex(1);
        QTRY_COMPARE(panel.profile().expert, (ExpertAt{SiteIndex(2), ExpertIndex(9)}));
        QCOMPARE(m_session->selection().chosen(), next); // looking back pins nothing
        // A token in its context: pinned as a token that chose it.
        QVERIFY(follow(panel, [](const Subject& s) { return s.token.has_value(); }));
        const Subject token = m_session->selection().chosen();
        QVERIFY(token.token && token.sequence && !token.expert);
        const auto& trace = m_session->study()->traces()[0].source;
        BlockBuffer buffer;
        const auto block = trace->read(SiteIndex(2), {*token.token, TokenIndex(token.token->value + 1)}, {}, buffer);
        QVERIFY(block && std::ranges::find(block->expertIds, std::uint16_t(9)) != block->expertIds.end());
        QVERIFY(panel.showsCard()); // a token has no card of an expert: this one stays
        // Again the same expert: no third tab.
        choose(2, 9);
        QCOMPARE(tabs->count(), 2);
        // Where a link is pointed at, every view lights up.
        emit panel.card()->highlighted(QUrl("link:0"));
        QCOMPARE(m_session->selection().hovered(), panel.card()->card().links[0].subject);
        QVERIFY(!panel.readout().isEmpty());
        emit panel.card()->highlighted(QUrl());
        QVERIFY(m_session->selection().hovered().empty() && panel.readout().isEmpty());
    }

    void cardsAreWalkedByKeys()
    {
        ExpertPanel panel(*m_session);
        panel.show();
        panel.activateWindow();
        QVERIFY(open());
        choose(2, 9);
        QTRY_VERIFY(panel.showsCard());
        CardView* const card = panel.card();
        card->setFocus();
        QTRY_VERIFY(card->hasFocus());
        QTest::keyClick(card, Qt::Key_Right);
        const Subject first = m_session->selection().hovered();
        QCOMPARE(first, card->card().links[0].subject);
        QVERIFY(!panel.readout().isEmpty());
        QTest::keyClick(card, Qt::Key_Right);
        QCOMPARE(m_session->selection().hovered(), card->card().links[1].subject);
        QTest::keyClick(card, Qt::Key_Left);
        QCOMPARE(m_session->selection().hovered(), first);
        QTest::keyClick(card, Qt::Key_Return);
        QCOMPARE(m_session->selection().pins(), std::vector{first});
        QTest::keyClick(card, Qt::Key_Tab);
        QVERIFY(!card->hasFocus());
    }

    void cardsTakeTheColoursOfTheTheme()
    {
        ExpertPanel panel(*m_session);
        panel.show();
        QVERIFY(open());
        choose(0, 1);
        QTRY_VERIFY(panel.showsCard());
        QVERIFY(panel.card()->card().html.contains(themeColours(Theme::Light).faintText.name()));
        applyTheme(Theme::Dark);
        QTRY_VERIFY(panel.card()->card().html.contains(themeColours(Theme::Dark).faintText.name()));
        QVERIFY(!panel.card()->card().html.contains(themeColours(Theme::Light).faintText.name()));
    }

    void askingCanBeStopped()
    {
        ExpertPanel panel(*m_session);
        panel.show();
        QVERIFY(open());
        choose(0, 1);
        QVERIFY(panel.stop());
        QVERIFY(panel.stateText().contains("stopped"));
        QVERIFY(!panel.stop());
        choose(0, 2);
        QTRY_VERIFY(panel.showsCard());
    }

    void aHiddenCardAsksWhenItIsSeen()
    {
        ExpertPanel panel(*m_session);
        QVERIFY(open());
        choose(0, 1);
        QTest::qWait(50);
        QVERIFY(!panel.showsCard() && !m_session->waits(&panel));
        panel.show();
        QTRY_VERIFY(panel.showsCard());
    }

    void selectionTellsWhatTheFiltersLeave()
    {
        SelectionPanel panel(*m_session);
        panel.show();
        QVERIFY(open());
        QTRY_VERIFY(panel.showsCard());
        QVERIFY(panel.card()->toPlainText().startsWith("All tokens"));
        QCOMPARE(panel.profile().tokens, std::uint64_t(2400));
        QVERIFY(!panel.findChild<QToolButton*>("selectionKeep")->isEnabled());
        QVERIFY(!panel.findChild<QToolButton*>("selectionUnpin")->isEnabled());
        m_session->filters().add({LabelFilter{"language", "de"}});
        QTRY_COMPARE(panel.profile().tokens, std::uint64_t(800));
        QVERIFY(panel.card()->toPlainText().contains("Tokens that the filters leave"));
        QVERIFY(panel.card()->toPlainText().contains("800 of 2,400, 33.3 %"));
        // Another layer.
        auto* site = panel.findChild<QComboBox*>("selectionSite");
        QCOMPARE(site->count(), 6);
        site->setCurrentIndex(4);
        emit site->activated(4);
        QTRY_COMPARE(panel.question().site, SiteIndex(4));
        MetricQuestion asked;
        asked.metrics = {{"router_entropy"}};
        asked.scope = m_session->filters().scope();
        const auto results = m_session->study()->metrics(0, asked);
        QVERIFY(results.has_value());
        const double entropy = valueOf(results->front()->rows, RowQuery{.metric = "router_entropy.mean", .site = SiteIndex(4)});
        QVERIFY(panel.card()->toPlainText().contains(numberText(entropy) + " nats"));
        QVERIFY(panel.csv().contains("router_entropy.mean,layer 5," + csvNumber(entropy)));
    }

    void pinsAreSummed()
    {
        SelectionPanel panel(*m_session);
        panel.show();
        QVERIFY(open());
        choose(2, 9);
        QTRY_COMPARE(panel.question().parts.size(), std::size_t(1));
        QCOMPARE(panel.question().site, SiteIndex(2));
        const std::uint64_t first = panel.profile().tokens;
        QVERIFY(panel.card()->toPlainText().startsWith("Layer 3 · expert 9"));
        m_session->selection().pin(subject(4, 1), this);
        QTRY_COMPARE(panel.question().parts.size(), std::size_t(2));
        const SelectionProfile& profile = panel.profile();
        QCOMPARE(profile.parts[0].tokens, first);
        QVERIFY(profile.tokens > first && profile.tokens <= first + profile.parts[1].tokens);
        const QString text = panel.card()->toPlainText();
        QVERIFY(text.startsWith("2 pins together"));
        const QString sum = countText(profile.experts[0].chosen + profile.experts[1].chosen);
        QVERIFY(text.contains("sum") && text.contains("mean") && text.contains(sum));
        QVERIFY(text.contains(percentText((profile.experts[0].share() + profile.experts[1].share()) / 2)));
        // Keeping them is a filter of just these tokens.
        panel.findChild<QToolButton*>("selectionKeep")->click();
        QCOMPARE(m_session->filters().steps().size(), std::size_t(1));
        const std::uint64_t both = profile.tokens;
        QCOMPARE(m_session->study()->extentOf(0, m_session->filters().scope())->tokens, both);
        m_session->undo().undo();
        panel.findChild<QToolButton*>("selectionDrop")->click();
        QCOMPARE(m_session->study()->extentOf(0, m_session->filters().scope())->tokens, 2400 - both);
        m_session->undo().undo();
        panel.findChild<QToolButton*>("selectionUnpin")->click();
        QVERIFY(m_session->selection().pins().empty());
        QTRY_COMPARE(panel.profile().tokens, std::uint64_t(2400));
    }

    void setsAreMadeOfPins()
    {
        SelectionPanel panel(*m_session);
        panel.show();
        QVERIFY(open());
        QMenu menu;
        fillSetsMenu(menu, *m_session);
        QVERIFY(!menu.findChild<QLineEdit*>("newSet")->isEnabled()); // nothing is pinned
        m_session->selection().pinAll({subject(2, 9), subject(4, 1)}, this);
        fillSetsMenu(menu, *m_session);
        auto* name = menu.findChildren<QLineEdit*>("newSet").last();
        QVERIFY(name->isEnabled());
        name->setText("a#b");
        QTest::keyClick(name, Qt::Key_Return);
        QVERIFY(m_session->sets().sets().empty());
        name->setText("german & co");
        QTest::keyClick(name, Qt::Key_Return);
        QCOMPARE(m_session->sets().names(), QStringList{"german & co"});
        m_session->selection().unpinAll(this);
        fillSetsMenu(menu, *m_session);
        QMenu* of = nullptr;
        for (QAction* action : menu.actions()) {
            if (action->text() == "german && co (2 experts)")
                of = action->menu();
        }
        QVERIFY(of);
        const auto act = [&](const QString& text) {
            for (QAction* action : of->actions()) {
                if (action->text() == text)
                    return action->trigger(), true;
            }
            return false;
        };
        QVERIFY(act("Pin all"));
        QCOMPARE(m_session->selection().pins(), (std::vector{subject(2, 9), subject(4, 1)}));
        QTRY_COMPARE(panel.question().parts.size(), std::size_t(2));
        const std::uint64_t both = panel.profile().tokens;
        QVERIFY(act("Keep the tokens that chose any"));
        QCOMPARE(m_session->study()->extentOf(0, m_session->filters().scope())->tokens, both);
        QVERIFY(act("Drop the tokens that chose any"));
        QCOMPARE(m_session->study()->extentOf(0, m_session->filters().scope())->tokens, 2400 - both);
        // A file that the command line reads.
        QTemporaryDir folder;
        const QString path = folder.filePath("sets.json");
        QVERIFY(m_session->sets().write(path, false).has_value());
        const auto read = parseExperts("set:" + path.toStdString() + "#german & co", "--chose");
        QVERIFY(read.has_value());
        QCOMPARE(*read, *m_session->sets().find("german & co"));
        QVERIFY(act("Remove the set"));
        QVERIFY(m_session->sets().sets().empty());
        QVERIFY(m_session->sets().read(path).has_value());
        QCOMPARE(m_session->sets().names(), QStringList{"german & co"});
        QVERIFY(!m_session->sets().read(folder.filePath("none")).has_value());
    }

    void tokensLabelsAndSequencesAreSelections()
    {
        SelectionPanel panel(*m_session);
        panel.show();
        QVERIFY(open());
        auto* keep = panel.findChild<QToolButton*>("selectionKeep");
        auto* drop = panel.findChild<QToolButton*>("selectionDrop");
        m_session->selection().choose({.site = SiteIndex(1), .expert = ExpertIndex(4), .sequence = SequenceIndex(1),
                                          .token = TokenIndex(417)}, this);
        QTRY_COMPARE(panel.profile().tokens, std::uint64_t(1));
        QVERIFY(panel.card()->toPlainText().startsWith("doc1 : 17"));
        QVERIFY(keep->isEnabled() && !drop->isEnabled());
        keep->click();
        QCOMPARE(m_session->filters().scope().tokens, std::optional(TokenRange{TokenIndex(417), TokenIndex(418)}));
        m_session->undo().undo();
        m_session->selection().choose({.sequence = SequenceIndex(1)}, this);
        QTRY_COMPARE(panel.profile().tokens, std::uint64_t(400));
        m_session->selection().choose({.label = LabelFilter{"language", "de"}}, this);
        QTRY_COMPARE(panel.profile().tokens, std::uint64_t(800));
        m_session->selection().pin({.label = LabelFilter{"language", "fr"}}, this);
        QTRY_COMPARE(panel.profile().tokens, std::uint64_t(1600));
        QVERIFY(keep->isEnabled() && drop->isEnabled());
        keep->click();
        QCOMPARE(m_session->study()->extentOf(0, m_session->filters().scope())->tokens, std::uint64_t(1600));
        m_session->undo().undo();
        m_session->selection().pin(subject(0, 3), this);
        QVERIFY(!keep->isEnabled() && !drop->isEnabled()); // of several kinds there is no one filter
        // A layer alone names no tokens, only where to look.
        m_session->selection().choose({.site = SiteIndex(5)}, this);
        QTRY_COMPARE(panel.question().site, SiteIndex(5));
        QTRY_COMPARE(panel.profile().tokens, std::uint64_t(2400));
    }

    void summaryNamesTheWorstLayers()
    {
        SummaryPanel panel(*m_session);
        panel.show();
        QVERIFY(open());
        QTRY_VERIFY(panel.card()->toPlainText().contains("Balance over the layers"));
        const QString text = panel.card()->toPlainText().replace(QChar::Nbsp, ' ');
        QVERIFY(text.contains("32, top 2") && text.contains("2,400"));
        MetricQuestion asked;
        asked.metrics = {{"balance"}};
        const auto results = m_session->study()->metrics(0, asked);
        QVERIFY(results.has_value());
        std::vector<std::pair<double, int>> vios;
        for (const ResultRow& row : results->front()->rows) {
            if (row.metric == "balance.max_vio" && row.site)
                vios.emplace_back(*row.value, row.site->value);
        }
        std::ranges::sort(vios);
        QCOMPARE(vios.size(), std::size_t(6));
        QVERIFY(text.contains("median " + numberText((vios[2].first + vios[3].first) / 2)));
        const auto [worst, site] = vios.back();
        QVERIFY(text.contains("worst layer 2 (1)")); // its expert 3 is dead
        QVERIFY(text.contains(QString("worst layer %1 (%2)").arg(site + 1).arg(numberText(worst))));
        QVERIFY(follow(panel, [site = site](const Subject& s) { return s.site == SiteIndex(std::uint16_t(site)); }));
        QVERIFY(m_session->selection().chosen().site);
        const QString before = panel.card()->toPlainText();
        m_session->filters().add({LabelFilter{"language", "fr"}});
        QTRY_VERIFY(panel.card()->toPlainText() != before && panel.card()->toPlainText().contains("Dead"));
        QVERIFY(panel.csv().contains("scored,Tokens,\"2,400\""));
    }

    void remarksAreThoseOfTheCommandLine_data()
    {
        QTest::addColumn<QString>("by");
        QTest::newRow("all") << QString();
        QTest::newRow("language") << QString("language");
    }
    void remarksAreThoseOfTheCommandLine()
    {
        QFETCH(QString, by);
        RemarksPanel panel(*m_session);
        panel.show();
        QVERIFY(open());
        QCOMPARE(panel.stateText(), QString("Computing …"));
        QVERIFY(panel.stop() && panel.stateText().contains("stopped")); // before it has begun
        panel.findChild<QPushButton*>("cardRetry")->click();
        QTRY_VERIFY_WITH_TIMEOUT(panel.showsCard(), 60000);
        auto* label = panel.findChild<QComboBox*>("remarksBy");
        if (!by.isEmpty()) {
            const QString before = panel.card()->toPlainText();
            label->setCurrentIndex(label->findData(by));
            emit label->activated(label->currentIndex());
            QTRY_VERIFY_WITH_TIMEOUT(panel.card()->toPlainText() != before, 60000);
        }
        AnalysisOptions options;
        options.by = by.toStdString();
        const auto checked = checkOptions(options, 1);
        QVERIFY(checked.has_value());
        const auto results = analyseTrace(*m_session->study(), 0, checked->question);
        QVERIFY(results.has_value());
        const auto page = results::remarkPage(*results, layersOf(m_session->study()->shape()), 20);
        QVERIFY(page.sentences.size() > 3);
        QCOMPARE(panel.page().facts.size(), page.sentences.size());
        QString text = panel.card()->toPlainText();
        text.replace(QChar::Nbsp, ' ');
        for (const auto& said : page.sentences)
            QVERIFY2(text.contains(QString::fromStdString(said.place + ": " + said.before + said.value + said.after)), said.place.c_str());
        if (by.isEmpty()) {
            QVERIFY(follow(panel, [](const Subject& s) { return s.site && s.expert; }));
            QVERIFY(m_session->selection().chosen().expert);
            QVERIFY(m_session->filters().steps().empty());
        } else { // also looks at the tokens of that value
            QVERIFY(follow(panel, [](const Subject& s) { return s.label && s.site; }));
            QCOMPARE(m_session->filters().steps().size(), std::size_t(1));
            QVERIFY(std::holds_alternative<LabelFilter>(m_session->filters().steps()[0].what));
            QVERIFY(m_session->selection().chosen().site);
        }
    }

    void cardsAreOfTheTraceThatIsLookedAt()
    {
        Session session([](const auto& paths) -> Expected<StudyPtr> {
            return std::make_shared<const Study>(std::vector<NamedTrace>{
                {paths[0], "scored", scoredTrace(), {}}, {paths[1], "wide", languageTrace(2, 48, 90), {}}});
        });
        SelectionPanel selection(session);
        ExpertPanel expert(session);
        RemarksPanel remarks(session);
        SummaryPanel summary(session);
        TokenCursor& cursor = TokenCursor::of(session);
        for (QWidget* panel : std::initializer_list<QWidget*>{&selection, &expert, &remarks, &summary})
            panel->show();
        session.open({"scored.h5", "wide.h5"});
        QTRY_VERIFY(session.study() != nullptr);
        session.selection().choose(subject(1, 9), this);
        QTRY_VERIFY(expert.showsCard() && cursor.kept());
        cursor.put(TokenIndex(200));
        const auto agree = [&] {
            const std::size_t trace = session.mainSide().trace();
            const auto load = session.study()->load(trace, {});
            const RoutingShape& shape = session.study()->shape(trace);
            QTRY_COMPARE(expert.profile().tokens, shape.numTokens);
            QCOMPARE(expert.profile().chosen, (*load)->count(SiteIndex(1), ExpertIndex(9)));
            QCOMPARE(selection.findChild<QComboBox*>("selectionSite")->count(), int(shape.sites.size()));
            QTRY_VERIFY(selection.showsCard() && selection.card()->toPlainText().contains(countText(shape.numTokens)));
            QTRY_VERIFY(cursor.kept() && &cursor.kept()->shape() == &shape);
            QTRY_VERIFY_WITH_TIMEOUT(remarks.showsCard(), 60000);
            const auto checked = checkOptions(AnalysisOptions(), 1);
            const auto page = results::remarkPage(*analyseTrace(*session.study(), trace, checked->question), layersOf(shape), 20);
            QCOMPARE(remarks.page().page.title, page.title);
            QCOMPARE(remarks.page().facts.size(), page.sentences.size());
            QTRY_VERIFY(summary.card()->toPlainText().contains("MaxVio"));
        };
        agree();
        const QString balance = summary.card()->toPlainText();
        session.mainSide().choose(1);
        QVERIFY(!cursor.here()); // a token of the other trace
        agree();
        QVERIFY(summary.card()->toPlainText() != balance);
        session.undo().undo();
        agree();
        QCOMPARE(summary.card()->toPlainText(), balance);
    }
};

EXPERTSCOPE_TEST(TestCards)
#include "tst_cards.moc"
