//! Words that carry no matter: articles, fillers, words that hold a sentence
//! together, and words of everyday talk.

pub(super) const ARTICLES: &str = "a an the my our your its their this that these those some any very really \
    just also then actually basically like";

pub(super) const FILLERS: &str = "um uh er erm hmm mm mhm ah oh eh huh";

pub(super) const FUNCTION: &str = "a an the this that these those and or but nor so if then than as at by for \
    from in into of off on onto out over to up down with without within about across after again \
    against all any because been before being below between both during each few further here how \
    is are was were be am do does did doing done has have had having can could will would shall \
    should may might must not no only own same some such too very what when where which while who \
    whom why i you he she it we they me him her us them my your his its our their mine yours there \
    just also like really actually basically let lets get gets got getting one two first second \
    because until unless since though although however instead rather whether either neither per \
    via another other others every everything something anything nothing more most less least much \
    many lot lots kind sort";

pub(super) const EVERYDAY: &str = "able absolutely ago almost already always amazing ask asked away awful bad \
    begin believe best better big bit bring brilliant call came care careful carefully carry change \
    choose clean colleague colleagues come comes coming companies company course cup day days decide \
    definitely depend depends dig end ended enjoy even ever everybody everyone exactly example excited \
    exciting experience face fact far fascinating feel feeling fine find follow friend friends full fun \
    funny garage give given glad go goes going gone good great guess guy guys hand happen happens \
    happy hard hear hello help helps high hold honest honestly hope hour hours idea important \
    improve interested interesting journey keen keep kid kids kind know knows known large last late \
    learn learning learner life listen little live long look looking love lovely lucky main make \
    makes making manager matter maybe mean means meeting meetings might mind mindset minute mix \
    moment month morning motivated need needs never new next nice normally number often okay old open \
    opinion order part passion passionate pay people perhaps person personally philosophy picture \
    piece place plan play please point positive possible practice pragmatic pretty probably problem \
    proper properly proud put question questions quick quickly quite read ready real reason right \
    role room said say saying says seem seen sense serious seriously set show side simple simply \
    situation small somehow somebody someone special start started stay stuff suppose sure take taken \
    talk talking team teams tell thing things think thinking thought time times today together told \
    tonight took topic totally tried tricky true try trying turn type understand use used useful uses \
    using usually want wanted wants watch way ways weekend weird well went whatever whole wonderful \
    word words work worked working works world worry wrong yeah year years yes yesterday attitude \
    community atmosphere everyday generally quality solid space business meant philosophy wow right \
    weigh stage level answer answers ones";
