// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/widgets/token_text_view.h"

#include "views/charts/wording.h"
#include "views/tokens/widgets/colour_key.h"
#include "views/tokens/widgets/play_strip.h"
#include "views/tokens/widgets/search_bar.h"
#include "views/tokens/widgets/text_hands.h"
#include "views/widgets/elided_label.h"
#include "views/widgets/option_panel.h"
#include "views/widgets/state_pages.h"

#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QShortcut>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace expertscope {

namespace {

constexpr int kRoomForBars = 330; ///< pixels of height below which the total is not shown
constexpr int kRoomForPlayer = 800; ///< pixels of width from which it stands beside the options

/// The site of the colours and those of the rows, in order.
std::vector<SiteIndex> sitesShown(const ColourQuestion& question)
{
    std::vector<SiteIndex> sites = question.rows;
    if (std::ranges::find(sites, question.site) == sites.end())
        sites.insert(sites.begin(), question.site);
    return sites;
}

}

const ChartSpec& tokenTextOptions()
{
    static const ChartSpec options = [] {
        ChartSpec spec;
        spec.name = "text";
        spec.title = "Text";
        spec.definition = "The text of the trace, each token coloured by what a router does with it";
        spec.options = {{{.name = "site",
                             .standard = "0",
                             .meaning = "router whose choices colour the text, counted from 0 through the model",
                             .least = 0,
                             .most = 65534,
                             .whole = true},
                            "Site"},
            {{.name = "quantity",
                 .standard = kFirstChoice,
                 .meaning = "what tokens are coloured by",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = tokenQuantities()},
                "Colour by"},
            {{.name = "rows",
                 .standard = "none",
                 .meaning = "other routers, as thin rows under each line: those after it, or all",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"none", "next", "next-3", "next-7", "all"}},
                "Rows"}};
        return spec;
    }();
    return options;
}

TokenTextView::TokenTextView(Session& session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_cursor(TokenCursor::of(session))
    , m_state(new ChartState(tokenTextOptions(), session.undo(), this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_options = new OptionPanel(*m_state, this);
    layout->addWidget(m_options);
    m_search = new SearchBar(session, this);
    layout->addWidget(m_search);
    m_key = new ColourKeyLine(this);
    layout->addWidget(m_key);
    m_leftOut = new ElidedLabel(this);
    m_leftOut->setObjectName("textLeftOut");
    m_leftOut->setProperty("faint", true);
    m_leftOut->setContentsMargins(8, 2, 8, 4);
    m_leftOut->hide();
    layout->addWidget(m_leftOut);
    m_pages = new QStackedWidget(this);
    layout->addWidget(m_pages, 1);
    auto* empty = new StatePage(this);
    QLabel* const words = empty->addText("Open a trace to read its text");
    words->setProperty("faint", true);
    connect(&session, &Session::opened, words, [words] { words->setText(QString::fromUtf8("Reading…")); });
    m_pages->addWidget(empty);
    m_area = new TextArea(session, this);
    m_pages->addWidget(m_area);
    auto* failed = new StatePage(this);
    m_error = failed->addText({}, "textError");
    m_error->setProperty("faint", true);
    connect(failed->addButton("Try again", "textRetry"), &QPushButton::clicked, this, &TokenTextView::showTokens);
    m_pages->addWidget(failed);
    m_player = new PlayStrip(session, this);
    layout->addWidget(m_player);
    focusFollowsPage(this, m_pages, m_area);

    auto* hands = new TextHands(session, *m_area);
    connect(hands, &TextHands::menuRequested, this, &TokenTextView::openMenu);
    connect(hands, &TextHands::copyRequested, this, &TokenTextView::copyText);
    connect(m_area, &TextArea::currentChanged, this, &TokenTextView::readoutChanged);
    connect(m_area, &TextArea::scrolled, this, &TokenTextView::readoutChanged);
    connect(m_area, &TextArea::failed, this, &TokenTextView::showError);
    connect(m_area, &TextArea::selectionChanged, this, &TokenTextView::readoutChanged);
    connect(m_player->bars(), &TotalBars::readoutChanged, this, &TokenTextView::readoutChanged);
    connect(
        m_search, &SearchBar::changed, this, [this] { m_area->setMatches(m_search->matches(), m_search->match()); });
    connect(m_search, &SearchBar::closed, this, [this] { m_area->setFocus(Qt::ShortcutFocusReason); });
    const auto shortcut = [this](const QKeySequence& keys, auto run) {
        auto* made = new QShortcut(keys, this);
        made->setContext(Qt::WidgetWithChildrenShortcut);
        connect(made, &QShortcut::activated, this, run);
    };
    shortcut(QKeySequence("F3"), [this] { m_search->isVisible() ? m_search->next(true) : openSearch(); });
    shortcut(QKeySequence("Shift+F3"), [this] { m_search->isVisible() ? m_search->next(false) : openSearch(); });

    const auto forget = [this] {
        m_samples.clear();
        m_sample.reset();
    };
    connect(&session, &Session::opened, this, forget);
    connect(&session, &Session::traceChosen, this, forget);
    connect(&m_cursor, &TokenCursor::keptChanged, this, &TokenTextView::showTokens);
    connect(m_state, &ChartState::changed, this, &TokenTextView::readOptions);
    connect(&session.selection(), &SharedSelection::pinsChanged, this, [this](QObject* by) {
        const auto site = m_session.selection().chosen().site;
        if (site && by != m_area)
            (void)m_state->follow("site", std::to_string(site->value));
        recolour();
    });
    showTokens();
}

TokenTextView::~TokenTextView() = default;

TokenTextView::Page TokenTextView::page() const
{
    return Page(m_pages->currentIndex());
}

QString TokenTextView::errorText() const
{
    return page() == Page::Error ? m_error->text() : QString();
}

bool TokenTextView::loading() const
{
    return m_cursor.looking() || m_sampleJob.running() || m_area->store().reading();
}

QString TokenTextView::leftOut() const
{
    return m_leftOut->isHidden() ? QString() : m_leftOut->text();
}

QString TokenTextView::where(const TokenRange& range) const
{
    return countText(range.size()) + (range.size() == 1 ? " token selected" : " tokens selected");
}

QString TokenTextView::readout() const
{
    if (const QString bar = m_player->bars()->readout(); !bar.isEmpty())
        return bar;
    const QString token = m_area->readout();
    return m_area->selected() ? joinedReadout({where(*m_area->selected()), token}) : token;
}

/// Not behind the tab of another dock, which Qt leaves visible out of sight.
bool TokenTextView::seen() const
{
    return isVisible() && !visibleRegion().isEmpty();
}

bool TokenTextView::event(QEvent* event)
{
    if (event->type() == QEvent::Paint && std::exchange(m_stale, false))
        QMetaObject::invokeMethod(this, &TokenTextView::recolour, Qt::QueuedConnection);
    return QWidget::event(event);
}

void TokenTextView::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    const bool wide = width() >= kRoomForPlayer, bars = height() >= kRoomForBars;
    if (wide != m_playerInOptions) {
        m_playerInOptions = wide;
        if (wide)
            m_options->addAtEnd(m_player->controls());
        else
            m_player->takeControls();
    }
    m_player->bars()->setVisible(bars);
    m_player->setVisible(!wide || bars); // else it would be an empty row
}

void TokenTextView::showTokens()
{
    const KeptTokensPtr kept = m_cursor.kept();
    if (m_cursor.error())
        return showError(QString::fromStdString(m_cursor.error()->message()));
    m_area->setTokens(kept);
    if (!kept) {
        m_leftOut->hide();
        m_pages->setCurrentIndex(int(Page::Empty));
    } else {
        const std::uint64_t out = kept->leftOut();
        m_leftOut->setText(countText(out) + " of " + countText(kept->shape().sequences.size())
            + (out == 1 ? " sequences is left out by the filters" : " sequences are left out by the filters"));
        m_leftOut->setVisible(out > 0);
        m_pages->setCurrentIndex(int(Page::Text));
        readOptions();
    }
    emit contentChanged();
    emit readoutChanged();
}

void TokenTextView::showError(const QString& why)
{
    m_error->setText(why);
    m_pages->setCurrentIndex(int(Page::Error));
    emit contentChanged();
    emit readoutChanged();
}

ColourQuestion TokenTextView::question() const
{
    ColourQuestion question;
    const KeptTokensPtr kept = m_cursor.kept();
    const std::size_t sites = kept ? kept->shape().sites.size() : 1;
    const Parameters& options = m_state->options();
    question.quantity = options.text("quantity");
    question.site = SiteIndex(std::uint16_t(std::min(double(sites - 1), options.number("site"))));
    const std::string& rows = options.text("rows");
    const std::size_t site(question.site), next = rows == "next" ? 1 : rows == "next-3" ? 3 : rows == "next-7" ? 7 : 0;
    const std::size_t from = rows == "all" ? 0 : site + 1,
                      to = rows == "all" ? sites : std::min(sites, site + 1 + next);
    for (std::size_t s = from; s < to; ++s)
        question.rows.push_back(SiteIndex(std::uint16_t(s)));
    for (const Subject& pin : m_session.selection().pins()) {
        if (!pin.site || !pin.expert)
            continue;
        auto& pins = question.pins[*pin.site];
        if (std::ranges::find(pins, *pin.expert) == pins.end())
            pins.push_back(*pin.expert);
    }
    return question;
}

void TokenTextView::readOptions()
{
    m_cursor.setSite(question().site);
    recolour();
}

/// With what is known at once; what colours are chosen by follows from a worker where it is not known.
void TokenTextView::recolour()
{
    const KeptTokensPtr kept = m_cursor.kept();
    if (!kept)
        return;
    if (!seen()) {
        m_stale = true;
        m_sampleJob.cancel();
        return;
    }
    const ColourQuestion question = this->question();
    std::vector<SiteIndex> sites{question.site};
    for (const SiteIndex row : question.rows) {
        if (row != question.site)
            sites.push_back(row);
    }
    const ColourSamplePtr exact = m_samples.find(*kept, sites, question.quantity);
    if (exact) {
        m_sample = exact;
        m_sampledFor = question;
        m_sampleJob.cancel();
    }
    const bool known = m_sample && m_sampledFor.quantity == question.quantity && m_sampledFor.site == question.site
        && m_sampledFor.rows == question.rows;
    const TokenColours colours =
        tokenColours(question, known ? m_sample.get() : nullptr, kept->trace().summary, kept->shape());
    m_area->setColours(colours);
    m_key->setColours(colours);
    emit readoutChanged();
    if (exact)
        return;
    m_sampleJob.start([this, kept, question, sites](const JobTracker::Handle& handle) -> JobTracker::Delivery {
        auto sample = sampleColours(*kept, sites, question.quantity, [&handle](double) { return !handle.cancelled(); });
        return [this, kept, sites, quantity = question.quantity, sample = std::move(sample)] {
            if (!sample)
                return showError(QString::fromStdString(sample.error().message()));
            m_samples.keep(*kept, sites, quantity, *sample);
            recolour();
        };
    });
}

void TokenTextView::openSearch()
{
    if (page() == Page::Text)
        m_search->open();
}

bool TokenTextView::stop()
{
    const bool playing = m_cursor.playing(), searching = m_search->searching(), sampling = m_sampleJob.running();
    m_cursor.setPlaying(false);
    m_sampleJob.cancel();
    // What was found goes with the first Esc, pins with the next one.
    const bool open = m_search->isVisible() && (searching || m_area->hasFocus());
    if (open)
        m_search->close();
    return playing || open || sampling;
}

void TokenTextView::copyText()
{
    const auto range = m_area->chosenRange();
    const KeptTokensPtr kept = m_cursor.kept();
    if (!range || !kept)
        return;
    m_copyJob.start([kept, range = *range](const JobTracker::Handle&) -> JobTracker::Delivery {
        const auto text = copiedText(kept->trace(), range);
        if (!text)
            return {};
        return [text = *text] { QApplication::clipboard()->setText(text); };
    });
}

void TokenTextView::copyNumbers()
{
    const auto range = m_area->chosenRange();
    const KeptTokensPtr kept = m_cursor.kept();
    if (!range || !kept)
        return;
    m_copyJob.start([kept, range = *range, sites = sitesShown(question())](const JobTracker::Handle&) -> JobTracker::Delivery {
        const auto table = tokenTable(*kept, range, sites);
        if (!table)
            return {};
        return [table = *table] { QApplication::clipboard()->setText(QString::fromUtf8(table)); };
    });
}

QByteArray TokenTextView::csv() const
{
    const auto range = page() == Page::Text ? m_area->chosenRange() : std::nullopt;
    const KeptTokensPtr kept = m_cursor.kept();
    return range && kept ? tokenTable(*kept, *range, sitesShown(question())).value_or(QByteArray()) : QByteArray();
}

void TokenTextView::openMenu(const QPoint& global)
{
    const KeptTokensPtr kept = m_cursor.kept();
    if (!kept || page() != Page::Text)
        return;
    QMenu menu(this);
    const RoutingShape& shape = kept->shape();
    const Subject at = m_area->subject();
    const auto offer = [&](const QString& words, const std::optional<FilterStep>& step) {
        if (step)
            menu.addAction(words, &m_session.filters(), [this, step = *step] { m_session.filters().add(step); });
    };
    if (const auto range = m_area->selected())
        offer("Keep only the " + where(*range).replace(" selected", QString()), FilterStep{*range, true});
    if (at.expert) {
        for (const bool keep : {true, false}) {
            const auto step = filterOf(at, keep, shape);
            if (step)
                offer(QString(keep ? "Keep the tokens that chose " : "Drop the tokens that chose ")
                        + filterText({step->what, true}, shape),
                    step);
        }
    }
    if (at.sequence)
        offer("Keep only " + sequenceHead(shape, *at.sequence).name, filterOf({.sequence = at.sequence}, true, shape));
    if (!at.empty()) {
        menu.addAction(m_session.selection().pinned(at) ? "Unpin" : "Pin", this,
            [this, at] { m_session.selection().pin(at, m_area); });
        menu.addSeparator();
        menu.addAction("Copy readout", this, [text = readout()] { QApplication::clipboard()->setText(text); });
    }
    menu.addAction("Copy text", this, &TokenTextView::copyText);
    menu.addAction("Copy numbers", this, &TokenTextView::copyNumbers);
    menu.addSeparator();
    if (const auto id = m_area->idAtCursor())
        menu.addAction(QString("Find the next token #%1").arg(*id), this,
            [this, id = *id] { m_search->find('#' + QString::number(id)); });
    if (at.site && at.expert)
        menu.addAction(
            QString("Find the next token that chose %1").arg(filterText({ExpertAt{*at.site, *at.expert}, true}, shape)),
            this,
            [this, typed = QString("L%1E%2").arg(shape.sites[std::size_t(*at.site)].layer).arg(at.expert->value)] {
                m_search->find(typed);
            });
    menu.addAction(QString::fromUtf8("Find…"), this, &TokenTextView::openSearch);
    menu.exec(global);
}

}
